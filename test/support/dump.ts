import { createHash } from 'node:crypto'
import type { Db } from '../../src/db/db.ts'
import { join, raw, type Sql, sql } from '../../src/db/sql.ts'

/** A digest of all rows of a tenant, table by table. Its recent changes, samples, check-ins, deliveries and idempotency
 * keys are not part of it. */
export async function dump(db: Db, tenant_id: string): Promise<Record<string, string>> {
  const of = (table: Sql) => sql`
    (select string_agg(t::text, E'\n' order by t::text) from ${table} t where t.tenant_id = ${tenant_id})`
  const tables = await queryTables(db, of)
  return Object.fromEntries(Object.entries(tables).map(([table, text]) => [table, digest(text ?? '')]))
}

/** Differs after every committed write, even if it changed nothing; cheaper than a dump. */
export const writesTo = (db: Db): Promise<Record<string, string | null>> =>
  queryTables(db, (table) => sql`(select count(*) || ' ' || sum(t.xmin::text::bigint) from ${table} t)`)

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

async function queryTables(db: Db, build: (table: Sql) => Sql): Promise<Record<string, string | null>> {
  const tables = await tablesOf(db)
  const each = tables.map((table) => sql`${build(raw(table))} as ${raw(table)}`)
  return (await db.first<Record<string, string | null>>(sql`select ${join(each)}`)) ?? {}
}

const known = new WeakMap<Db, string[]>()

async function tablesOf(db: Db): Promise<string[]> {
  const found =
    known.get(db) ??
    (
      await db.query<{ table_name: string }>(sql`
        select table_name
        from information_schema.columns join information_schema.tables using (table_schema, table_name)
        where table_schema = 'public' and table_type = 'BASE TABLE' and column_name = 'tenant_id'
          and table_name not in ('invalidations', 'deployment_samples', 'fleet_samples', 'check_ins', 'webhook_deliveries',
            'webhook_streams', 'webhook_failures', 'idempotency_keys', 'download_rates')
        order by table_name`)
    ).map(({ table_name }) => table_name)
  known.set(db, found)
  return found
}
