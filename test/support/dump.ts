import { createHash } from 'node:crypto'
import type { Db } from '../../src/db/db.ts'
import { join, raw, sql } from '../../src/db/sql.ts'

/** A digest of everything the database holds for a tenant, table by table. */
export async function dump(db: Db, tenant_id: string): Promise<Record<string, string>> {
  const tables = await tablesOf(db)
  const each = tables.map(
    (table) => sql`(select coalesce(string_agg(t::text, E'\n' order by t::text), '')
      from ${raw(table)} t where t.tenant_id = ${tenant_id}) as ${raw(table)}`,
  )
  const [rows = {}] = await db.query<Record<string, string>>(sql`select ${join(each)}`)
  return Object.fromEntries(Object.entries(rows).map(([table, text]) => [table, digest(text)]))
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

const known = new WeakMap<Db, string[]>()

async function tablesOf(db: Db): Promise<string[]> {
  const found =
    known.get(db) ??
    (
      await db.query<{ table_name: string }>(sql`
        select table_name from information_schema.columns
        where table_schema = 'public' and column_name = 'tenant_id' order by table_name`)
    ).map(({ table_name }) => table_name)
  known.set(db, found)
  return found
}
