import { raw, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { filterNotFound } from '../../errors.ts'
import type { SavedFilter } from '../saved-filter.ts'

type Viewer = { tenant_id: string }

export type VersionedFilter = SavedFilter & { version: string }

/** Changes with the filter. */
export const FILTER_VERSION = raw('md5(jsonb_build_array(name, terms)::text)')

/** `id`: any text. */
export async function findFilter(
  env: Env,
  { tenant_id }: Viewer,
  id: string,
): Promise<{ filter: SavedFilter; version: string }> {
  const found = await env.db.first<VersionedFilter>(sql`
    select id, name, terms, ${FILTER_VERSION} as version from filters where tenant_id = ${tenant_id} and id = ${id}`)
  if (!found) throw filterNotFound()
  const { version, ...filter } = found
  return { filter, version }
}

export async function findFilters(
  env: Env,
  { tenant_id }: Viewer,
  page: { per_page: number; offset: number },
): Promise<{ filters: SavedFilter[]; total: number }> {
  const row = await env.db.first<{ filters: SavedFilter[]; total: number }>(sql`
    select (select count(*) from filters where tenant_id = ${tenant_id}) as total,
      coalesce((
        select jsonb_agg(jsonb_build_object('id', id, 'name', name, 'terms', terms) order by created_ts, id) from (
          select id, name, terms, created_ts from filters where tenant_id = ${tenant_id}
          order by created_ts, id limit ${page.per_page} offset ${page.offset}) as page), '[]') as filters`)
  return row ?? { filters: [], total: 0 }
}
