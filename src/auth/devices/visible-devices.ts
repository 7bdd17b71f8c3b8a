import type { Db } from '../../db/db.ts'
import { empty, type Sql, sql } from '../../db/sql.ts'
import { deviceNotFound } from '../../errors.ts'
import type { Actor } from '../actor.ts'

/** What queries need to know of the actor. */
export type Viewer = Pick<Actor, 'tenant_id' | 'scope'>

/**
 * `and ..`, a condition on `devices` aliased `d`: only those in the viewer's scope. Empty if the scope has no limit.
 */
export const andVisible = ({ scope: { groups } }: Pick<Viewer, 'scope'>): Sql =>
  groups === null ? empty : sql`and d.group_name = any(${groups}::text[])`

/** The same as a condition on the id of a device. */
export const andOfVisibleDevice = (viewer: Viewer, device_id: Sql): Sql =>
  viewer.scope.groups === null
    ? empty
    : sql`and exists (
        select 1 from devices d where d.tenant_id = ${viewer.tenant_id} and d.id = ${device_id} ${andVisible(viewer)})`

/**
 * Rejects a device outside of the viewer's scope as if it did not exist, and locks its row, so that it does not leave
 * its group before the transaction ends. Without a limited scope, nothing is checked or locked.
 */
export async function requireVisibleDevice(tx: Db, viewer: Viewer, device_id: string): Promise<void> {
  if (viewer.scope.groups === null) return
  const found = await tx.first(sql`
    select 1 from devices d where d.tenant_id = ${viewer.tenant_id} and d.id = ${device_id} ${andVisible(viewer)}
    for no key update`)
  if (!found) throw deviceNotFound()
}
