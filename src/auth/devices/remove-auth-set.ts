import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { DeviceStatus } from '../device.ts'
import { deriveStatus } from './derive-status.ts'
import type { AuthSetId } from './find-auth-set.ts'
import { raiseVersion } from './raise-version.ts'

/** Removes an auth set of a locked device. Returns the new status of the device if that changed it. */
export async function removeAuthSet(tx: Db, id: AuthSetId, now: Date): Promise<DeviceStatus | undefined> {
  await tx.query(sql`
    delete from auth_sets
    where tenant_id = ${id.tenant_id} and device_id = ${id.device_id} and id = ${id.auth_set_id}`)
  await raiseVersion(tx, id)
  return deriveStatus(tx, id, now)
}
