import type { Db, Transaction } from '../db.ts'
import { type Sql, sql } from '../sql.ts'

/** `device_version`: that the change makes; null: the device has another deployment, or is gone. */
export type Changed = { tenant_id: string; device_id: string; device_version: number | null }

/**
 * Notes what the transaction changes, so that no process takes for current what it has cached of these devices. On one
 * PostgreSQL triggers do, for every writer. Distributed tables have none there, so each statement that raises the version
 * of a device, deletes it or gives it an unfinished deployment comes with this one: `test/architecture.test.ts`.
 */
export async function noteChanged(tx: Writer, changed: readonly Changed[]): Promise<void> {
  if (changed.length === 0 || !tx.distribution.shards) return
  await note(
    tx,
    sql`
      insert into invalidations (tenant_id, device_id, device_version)
      select * from json_to_recordset(${JSON.stringify(changed)}) as (tenant_id text, device_id text,
        device_version bigint)`,
  )
}

/** The same of all devices of a tenant. */
export const noteTenantChanged = (tx: Writer, tenant_id: string): Promise<void> =>
  note(tx, sql`insert into invalidations (tenant_id) values (${tenant_id})`)

/** A transaction sends it together with its next statement. */
type Writer = Db & Partial<Pick<Transaction, 'send'>>

async function note(tx: Writer, statement: Sql): Promise<void> {
  if (!tx.distribution.shards) return
  if (tx.send) tx.send(statement)
  else await tx.query(statement)
}
