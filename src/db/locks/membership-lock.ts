import type { Db } from '../db.ts'
import { sql } from '../sql.ts'

/**
 * Orders changes of memberships (a device is accepted, no longer accepted, or changes its group) before or after a
 * transaction that reads all accepted devices of a tenant or a group. Changes take it `shared`, readers `exclusive`.
 * The first lock of a transaction.
 */
export async function lockMemberships(tx: Db, tenant_id: string, mode: 'exclusive' | 'shared'): Promise<void> {
  const key = sql`hashtextextended(${`memberships of ${tenant_id}`}, 0)`
  await tx.query(
    mode === 'exclusive' ? sql`select pg_advisory_xact_lock(${key})` : sql`select pg_advisory_xact_lock_shared(${key})`,
  )
}
