import type { DeviceId } from '../../auth/devices/derive-status.ts'
import { removeDevice } from '../../auth/devices/remove-device.ts'
import type { Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { endForDevice } from './end-for-device.ts'

/**
 * Ends the deployments of a device, which would otherwise never finish, and removes the device. The caller holds the
 * locks of the memberships and of the device. Undefined: no such device.
 */
export async function forgetDevice(
  tx: Transaction,
  id: DeviceId,
  at: Date,
): Promise<{ identity_data: object } | undefined> {
  if (!(await lockRow(tx, id))) return undefined
  await endForDevice(tx, id, { status: 'decommissioned', now: at.toISOString() }, 'all')
  return removeDevice(tx, id)
}

/** Before `endForDevice`, whose last lock is the tenant: others lock the rows of several devices, and no tenant. */
const lockRow = (tx: Transaction, { tenant_id, device_id }: DeviceId) =>
  tx.first(sql`select 1 from devices where tenant_id = ${tenant_id} and id = ${device_id} for update`)
