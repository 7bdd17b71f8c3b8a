import type { DeviceId } from '../auth/derive-status.ts'
import { removeDevice } from '../auth/remove-device.ts'
import type { Transaction } from '../db/db.ts'
import { endForDevice } from './end-for-device.ts'

/** Removes a locked device and ends its deployments, which would wait for it for ever. undefined: no such device. */
export async function forgetDevice(
  tx: Transaction,
  id: DeviceId,
  at: Date,
): Promise<{ identity_data: object } | undefined> {
  const end = { status: 'decommissioned', now: at.toISOString() } as const
  const removed = await removeDevice(tx, id.tenant_id, id.device_id)
  if (!removed) return undefined
  await endForDevice(tx, id, end, 'all')
  return removed
}
