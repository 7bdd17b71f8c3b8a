import { DISTRIBUTED } from '../../src/db/citus/placement.ts'
import type { Database, Db } from '../../src/db/db.ts'
import { raw, sql } from '../../src/db/sql.ts'

const VIEWS = ['effective_device_deployments', 'touched_devices', 'listed_devices']

/**
 * Reads with statements of any shape. Citus refuses joins of distributed tables with others: on a cluster, `read` gets
 * copies of them, and of the views of them, under the same names.
 */
export async function gathered<Result>(db: Db | Database, read: (db: Db) => Promise<Result>): Promise<Result> {
  const found = await db.first<{ yes: boolean }>(sql`select to_regclass('two_phase') is not null as yes`)
  if (!found?.yes || !('transaction' in db)) return read(db)
  return db.transaction(async (tx) => {
    const views = await tx.query<{ name: string; text: string }>(sql`
      select name, pg_get_viewdef(name::regclass) as text from unnest(${VIEWS}::text[]) with ordinality as v (name, n)
      order by n`)
    for (const { table } of DISTRIBUTED)
      await tx.query(raw(`create temp table ${table} on commit drop as select * from public.${table}`))
    for (const { name, text } of views) await tx.query(raw(`create temp view ${name} as ${text}`))
    return read(tx)
  })
}
