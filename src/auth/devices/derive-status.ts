import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { DEVICE_STATUSES, type DeviceStatus } from '../device.ts'
import { changeAcceptedCount } from './change-accepted-count.ts'
import { endMemberships, MEMBERSHIP } from './end-memberships.ts'

export type DeviceId = { tenant_id: string; device_id: string }

/**
 * Sets the status of a locked device to the strongest one of its auth sets. Returns the new status if that changed it.
 * If the device may become or cease to be accepted, the caller holds the membership lock.
 */
export async function deriveStatus(
  tx: Db,
  { tenant_id, device_id }: DeviceId,
  now: Date,
): Promise<DeviceStatus | undefined> {
  const changed = await tx.first<{ status: DeviceStatus; old_status: DeviceStatus }>(sql`
    with strongest as (
      select coalesce((
        select s.status from auth_sets s where s.tenant_id = ${tenant_id} and s.device_id = ${device_id}
        order by array_position(${DEVICE_STATUSES}::text[], s.status) limit 1), 'noauth') as status
    ), changing as (
      select ${MEMBERSHIP}, strongest.status as new_status from devices d, strongest
      where d.tenant_id = ${tenant_id} and d.id = ${device_id} and d.status <> strongest.status
      for no key update of d
    ), ended as (
      ${endMemberships}
    )
    update devices d set status = c.new_status, updated_ts = ${now.toISOString()},
      device_version = d.device_version + 1, listed_after = t.last_listing_created
    from changing c join tenants t on t.tenant_id = c.tenant_id
    where d.tenant_id = c.tenant_id and d.id = c.id
    returning d.status, c.status as old_status`)
  if (changed?.status === 'accepted') await changeAcceptedCount(tx, tenant_id, 1)
  if (changed?.old_status === 'accepted') await changeAcceptedCount(tx, tenant_id, -1)
  return changed?.status
}
