import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { DEVICE_STATUSES, type DeviceStatus } from '../device.ts'
import { countAccepted } from './count-accepted.ts'
import { endMemberships, MEMBERSHIP } from './end-memberships.ts'

export type DeviceId = { tenant_id: string; device_id: string }

/**
 * Gives a locked device the strongest status of its auth sets. Answers the new status if that changed it. Where it may become
 * or cease to be accepted, the caller holds the lock of memberships.
 */
export async function deriveStatus(
  tx: Db,
  { tenant_id, device_id }: DeviceId,
  now: Date,
): Promise<DeviceStatus | undefined> {
  const changed = await tx.first<{ status: DeviceStatus; was: DeviceStatus }>(sql`
    with strongest as (
      select coalesce((
        select s.status from auth_sets s where s.tenant_id = ${tenant_id} and s.device_id = ${device_id}
        order by array_position(${DEVICE_STATUSES}::text[], s.status) limit 1), 'noauth') as status
    ), changing as (
      select ${MEMBERSHIP}, strongest.status as becomes from devices d, strongest
      where d.tenant_id = ${tenant_id} and d.id = ${device_id} and d.status <> strongest.status
      for no key update of d
    ), ended as (
      ${endMemberships}
    )
    update devices d set status = c.becomes, updated_ts = ${now.toISOString()},
      device_version = d.device_version + 1, listed_after = t.last_listing_created
    from changing c join tenants t on t.tenant_id = c.tenant_id
    where d.tenant_id = c.tenant_id and d.id = c.id
    returning d.status, c.status as was`)
  if (changed?.status === 'accepted') await countAccepted(tx, tenant_id, 1)
  if (changed?.was === 'accepted') await countAccepted(tx, tenant_id, -1)
  return changed?.status
}
