import type { Db } from '../../db/db.ts'
import { empty, type Sql, sql } from '../../db/sql.ts'
import { deviceNotFound } from '../../errors.ts'
import type { Actor } from '../actor.ts'

/** Who asks, as far as queries need to know. */
export type Asker = Pick<Actor, 'tenant_id' | 'scope'>

/** `and ..`, for queries over `devices` aliased `d`: only those that the asker reaches. Nothing for whoever reaches all. */
export const andVisible = ({ scope: { groups } }: Pick<Asker, 'scope'>): Sql =>
  groups === null ? empty : sql`and d.group_name = any(${groups}::text[])`

/** The same for queries over what has a device's id. */
export const andOfVisibleDevice = (asker: Asker, device_id: Sql): Sql =>
  asker.scope.groups === null
    ? empty
    : sql`and exists (
        select 1 from devices d where d.tenant_id = ${asker.tenant_id} and d.id = ${device_id} ${andVisible(asker)})`

/**
 * Refuses a device that is beyond the asker's reach as if there were none, and holds its row, that it does not leave its
 * group before the transaction ends. Whoever reaches all may ask for any id.
 */
export async function requireVisibleDevice(tx: Db, asker: Asker, device_id: string): Promise<void> {
  if (asker.scope.groups === null) return
  const found = await tx.first(sql`
    select 1 from devices d where d.tenant_id = ${asker.tenant_id} and d.id = ${device_id} ${andVisible(asker)}
    for no key update`)
  if (!found) throw deviceNotFound()
}
