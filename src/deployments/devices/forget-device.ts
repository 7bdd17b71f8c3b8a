import type { DeviceId } from '../../auth/devices/derive-status.ts'
import { removeDevice } from '../../auth/devices/remove-device.ts'
import type { Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { endForDevice } from './end-for-device.ts'

/**
 * Ends the deployments of a locked device, which would wait for it for ever, and removes it, under the lock of memberships.
 * undefined: no such device.
 */
export async function forgetDevice(
  tx: Transaction,
  id: DeviceId,
  at: Date,
): Promise<{ identity_data: object } | undefined> {
  if (!(await holdRow(tx, id))) return undefined
  await endForDevice(tx, id, { status: 'decommissioned', now: at.toISOString() }, 'all')
  return removeDevice(tx, id)
}

/** Before what ends with the tenant's row: others hold rows of several devices, and none of a tenant. */
const holdRow = (tx: Transaction, { tenant_id, device_id }: DeviceId) =>
  tx.first(sql`select 1 from devices where tenant_id = ${tenant_id} and id = ${device_id} for update`)
