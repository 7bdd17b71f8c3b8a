import type { Db } from '../../db/db.ts'
import { noteChanged } from '../../db/invalidations/note-changes.ts'
import { sql } from '../../db/sql.ts'
import { DEVICE_STATUSES, type DeviceStatus } from '../device.ts'
import { announceStatus } from './announce-device.ts'
import { changeAcceptedCount } from './change-accepted-count.ts'
import { endMembership, MEMBERSHIP, type Membership, readLastListing } from './end-membership.ts'

export type DeviceId = { tenant_id: string; device_id: string }

type Locked = Membership & { new_status: DeviceStatus; device_version: number }

/**
 * Sets the status of a locked device to the strongest one of its auth sets. Returns the new status if that changed it.
 * If the device may become or cease to be accepted, the caller holds the membership lock.
 */
export async function deriveStatus(tx: Db, id: DeviceId, now: Date): Promise<DeviceStatus | undefined> {
  const { tenant_id, device_id } = id
  const [device, last_listing] = await Promise.all([lockRow(tx, id), readLastListing(tx, tenant_id)])
  if (!device || device.status === device.new_status) return undefined
  const { status: old_status, new_status } = device
  await Promise.all([
    endMembership(tx, id, device, last_listing),
    tx.query(sql`
      update devices set status = ${new_status}, updated_ts = ${now.toISOString()}, listed_after = ${last_listing},
        device_version = device_version + 1
      where tenant_id = ${tenant_id} and id = ${device_id}`),
    noteChanged(tx, [{ tenant_id, device_id, device_version: device.device_version + 1 }]),
  ])
  await announceStatus(tx, id, { status: new_status, now })
  if (new_status === 'accepted') await changeAcceptedCount(tx, tenant_id, 1)
  if (old_status === 'accepted') await changeAcceptedCount(tx, tenant_id, -1)
  return new_status
}

/** Changes of groups lock the row, but not the device. */
const lockRow = (tx: Db, { tenant_id, device_id }: DeviceId) =>
  tx.first<Locked>(sql`
    select ${MEMBERSHIP}, d.device_version, coalesce((
        select s.status from auth_sets s where s.tenant_id = ${tenant_id} and s.device_id = ${device_id}
        order by array_position(${DEVICE_STATUSES}::text[], s.status) limit 1), 'noauth') as new_status
    from devices d where d.tenant_id = ${tenant_id} and d.id = ${device_id} for no key update of d`)
