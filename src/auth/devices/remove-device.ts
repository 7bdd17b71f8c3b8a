import type { Db } from '../../db/db.ts'
import { noteChanged } from '../../db/invalidations/note-changes.ts'
import { sql } from '../../db/sql.ts'
import { announceRemoval } from './announce-device.ts'
import { changeAcceptedCount } from './change-accepted-count.ts'
import type { DeviceId } from './derive-status.ts'
import { endMembership, MEMBERSHIP, type Membership, readLastListing } from './end-membership.ts'

type Removed = Membership & { identity_data: object; identity_sha256: string }

/** Deletes a device whose row is locked, with its auth sets, and so its tokens. undefined: no such device. */
export async function removeDevice(
  tx: Db,
  id: DeviceId,
  now: Date,
): Promise<Pick<Removed, 'identity_data'> | undefined> {
  const { tenant_id, device_id } = id
  const [removed, last_listing] = await Promise.all([
    tx.first<Removed>(sql`
      delete from devices d where d.tenant_id = ${tenant_id} and d.id = ${device_id}
      returning ${MEMBERSHIP}, d.identity_data, d.identity_sha256`),
    readLastListing(tx, tenant_id),
  ])
  if (!removed) return undefined
  await Promise.all([
    noteChanged(tx, [{ tenant_id, device_id, device_version: null }]),
    endMembership(tx, id, removed, last_listing),
    tx.query(sql`
      delete from device_identities where tenant_id = ${tenant_id} and identity_sha256 = ${removed.identity_sha256}`),
  ])
  await announceRemoval(tx, id, now)
  if (removed.status === 'accepted') await changeAcceptedCount(tx, tenant_id, -1)
  return { identity_data: removed.identity_data }
}
