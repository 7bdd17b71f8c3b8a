import type { Asker } from '../auth/devices/visible-devices.ts'
import { empty, type Sql, sql } from '../db/sql.ts'

/**
 * `and ..`, for queries over `releases` aliased `r`: only those with tags that the asker reaches. Nothing for whoever
 * reaches all.
 */
export const andVisible = ({ scope: { tags } }: Pick<Asker, 'scope'>): Sql =>
  tags === null ? empty : sql`and r.tags && ${tags}::text[]`

/** The same for queries over `artifacts` aliased `a`. */
export const andOfVisible = (asker: Pick<Asker, 'scope'>): Sql =>
  asker.scope.tags === null
    ? empty
    : sql`and exists (
        select 1 from releases r where r.tenant_id = a.tenant_id and r.name = a.name ${andVisible(asker)})`
