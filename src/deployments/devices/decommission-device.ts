import type { Actor } from '../../auth/actor.ts'
import { recordEachDevice } from '../../auth/devices/record-device.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import type { Env } from '../../env.ts'
import { deviceNotFound } from '../../errors.ts'
import { forgetDevice } from './forget-device.ts'

/** Removes a device: its tokens are invalid at once, and if it authenticates again, it is a new device. */
export async function decommissionDevice(
  env: Env,
  actor: Actor,
  device_id: string,
  record = recordEachDevice(actor, 'decommission'),
): Promise<void> {
  const { tenant_id } = actor
  await env.db.transaction(async (tx) => {
    const id = { tenant_id, device_id }
    const now = env.now()
    // Locks: the memberships, the device, then those of `forgetDevice` (CONTRIBUTING.md, "Locks").
    await lockMemberships(tx, id.tenant_id, 'shared')
    await lockDevices(tx, [id])
    await requireVisibleDevice(tx, actor, device_id)
    const removed = await forgetDevice(tx, id, now)
    if (!removed) throw deviceNotFound()
    await record(tx, now, { device_id, ...removed })
  })
}
