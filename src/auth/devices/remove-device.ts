import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { changeAcceptedCount } from './change-accepted-count.ts'
import type { DeviceId } from './derive-status.ts'
import { endMemberships, MEMBERSHIP } from './end-memberships.ts'

type Removed = { identity_data: object; identity_sha256: string; status: string }

/** Deletes a locked device with its auth sets, and so its tokens. undefined: no such device. */
export async function removeDevice(
  tx: Db,
  { tenant_id, device_id }: DeviceId,
): Promise<Pick<Removed, 'identity_data'> | undefined> {
  const removed = await tx.first<Removed>(sql`
    with changing as (
      select ${MEMBERSHIP} from devices d where d.tenant_id = ${tenant_id} and d.id = ${device_id} for update
    ), ended as (
      ${endMemberships}
    )
    delete from devices d using changing c where d.tenant_id = c.tenant_id and d.id = c.id
    returning d.identity_data, d.identity_sha256, d.status`)
  if (!removed) return undefined
  await tx.query(sql`
    delete from device_identities where tenant_id = ${tenant_id} and identity_sha256 = ${removed.identity_sha256}`)
  if (removed.status === 'accepted') await changeAcceptedCount(tx, tenant_id, -1)
  return { identity_data: removed.identity_data }
}
