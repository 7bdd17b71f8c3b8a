import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { DEVICE_STATUSES, type DeviceStatus } from './device.ts'

export type DeviceId = { tenant_id: string; device_id: string }

/** Gives a locked device the strongest status of its auth sets. Answers the new status if that changed it. */
export async function deriveStatus(
  tx: Db,
  { tenant_id, device_id }: DeviceId,
  now: Date,
): Promise<DeviceStatus | undefined> {
  const changed = await tx.first<{ status: DeviceStatus }>(sql`
    with strongest as (
      select coalesce((
        select s.status from auth_sets s where s.tenant_id = ${tenant_id} and s.device_id = ${device_id}
        order by array_position(${DEVICE_STATUSES}::text[], s.status) limit 1), 'noauth') as status
    )
    update devices d set status = strongest.status, updated_ts = ${now.toISOString()},
      attributes_version = d.attributes_version + 1
    from strongest
    where d.tenant_id = ${tenant_id} and d.id = ${device_id} and d.status <> strongest.status
    returning d.status`)
  return changed?.status
}
