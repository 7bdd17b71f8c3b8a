import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { empty, type Sql, sql } from '../../db/sql.ts'
import { deploymentNotFound } from '../../errors.ts'

/**
 * `and ..` for queries on `deployments d`: limits them to deployments to the groups of the viewer's role. Empty if the
 * role is not limited. The groups of a deployment never change.
 */
export const andVisible = ({ scope: { groups } }: Pick<Viewer, 'scope'>): Sql =>
  groups === null ? empty : sql`and d.groups && ${groups}::text[]`

/** The same for rows with a deployment's id. An uncorrelated subquery, because these rows may be on another machine. */
export const andOfVisible = (viewer: Viewer, deployment_id: Sql): Sql =>
  viewer.scope.groups === null
    ? empty
    : sql`and ${deployment_id} in (
        select d.id from deployments d where d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)})`

/** Throws if the deployment does not exist or is not visible to the viewer. */
export async function requireDeployment(db: Db, viewer: Viewer, id: string): Promise<void> {
  const found = await db.first(sql`
    select 1 from deployments d where d.tenant_id = ${viewer.tenant_id} and d.id = ${id} ${andVisible(viewer)}`)
  if (!found) throw deploymentNotFound()
}

/** For use cases that handle a missing deployment themselves: throws only if the viewer's role is limited to groups. */
export async function requireVisible(db: Db, viewer: Viewer, id: string): Promise<void> {
  if (viewer.scope.groups !== null) await requireDeployment(db, viewer, id)
}
