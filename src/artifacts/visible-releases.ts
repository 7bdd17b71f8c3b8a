import type { Viewer } from '../auth/devices/visible-devices.ts'
import { empty, type Sql, sql } from '../db/sql.ts'

/**
 * An `and` condition for queries over `releases` with the alias `r`: only those with a tag in the scope of the viewer.
 * Empty if the scope is not limited to tags.
 */
export const andVisible = ({ scope: { tags } }: Pick<Viewer, 'scope'>): Sql =>
  tags === null ? empty : sql`and r.tags && ${tags}::text[]`

/** The same for queries over `artifacts` with the alias `a`. */
export const andOfVisible = (viewer: Pick<Viewer, 'scope'>): Sql =>
  viewer.scope.tags === null
    ? empty
    : sql`and exists (
        select 1 from releases r where r.tenant_id = a.tenant_id and r.name = a.name ${andVisible(viewer)})`
