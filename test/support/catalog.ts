import type { Db } from '../../src/db/db.ts'
import { raw, sql } from '../../src/db/sql.ts'

/** The schema in the catalog of the database: tables, columns in any order, constraints, indexes, views. */
export async function catalogOf(db: Db): Promise<Record<string, string[]>> {
  const rows = await db.query<{ kind: string; text: string }>(sql`
    select kind, text from (${raw(CATALOG)}) as catalog order by kind, text collate "C"`)
  const kinds = [...new Set(rows.map(({ kind }) => kind))]
  return Object.fromEntries(
    kinds.map((kind) => [kind, rows.filter((row) => row.kind === kind).map(({ text }) => text)]),
  )
}

const CATALOG = `
  with relations as (select oid, relname, relkind, reloptions from pg_class where relnamespace = 'public'::regnamespace)
  select 'tables' as kind, concat_ws(' ', relkind, relname, reloptions) as text from relations where relkind <> 'i'
  union all
  select 'columns', concat_ws(' ', relname, attname, format_type(atttypid, atttypmod), attnotnull, attgenerated,
      pg_get_expr(adbin, adrelid))
  from pg_attribute join relations on relations.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attnum > 0 and not attisdropped and relkind in ('r', 'v')
  union all
  select 'constraints', concat_ws(' ', relname, conname, pg_get_constraintdef(pg_constraint.oid))
  from pg_constraint join relations on relations.oid = conrelid where contype <> 'n'
  union all
  select 'indexes', pg_get_indexdef(oid) from relations where relkind = 'i'
  union all
  select 'views', relname || ' ' || pg_get_viewdef(oid) from relations where relkind = 'v'`
