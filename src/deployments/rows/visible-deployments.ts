import type { Asker } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { empty, type Sql, sql } from '../../db/sql.ts'
import { deploymentNotFound } from '../../errors.ts'

/**
 * `and ..`, for queries over `deployments` aliased `d`: only those to groups that the asker reaches. Nothing for whoever
 * reaches all. The groups of a deployment never change.
 */
export const andVisible = ({ scope: { groups } }: Pick<Asker, 'scope'>): Sql =>
  groups === null ? empty : sql`and d.groups && ${groups}::text[]`

/**
 * The same for queries over what has a deployment's id. A query of its own, which does not look at the rows around it: these may be
 * on another machine.
 */
export const andOfVisible = (asker: Asker, deployment_id: Sql): Sql =>
  asker.scope.groups === null
    ? empty
    : sql`and ${deployment_id} in (select d.id from deployments d where d.tenant_id = ${asker.tenant_id} ${andVisible(asker)})`

/** Refuses a deployment that is not there, or beyond the asker's reach. */
export async function requireDeployment(db: Db, asker: Asker, id: string): Promise<void> {
  const found = await db.first(sql`
    select 1 from deployments d where d.tenant_id = ${asker.tenant_id} and d.id = ${id} ${andVisible(asker)}`)
  if (!found) throw deploymentNotFound()
}

/** For acts that say themselves what they do about one that is not there: only whoever is limited is told first. */
export async function requireVisible(db: Db, asker: Asker, id: string): Promise<void> {
  if (asker.scope.groups !== null) await requireDeployment(db, asker, id)
}
