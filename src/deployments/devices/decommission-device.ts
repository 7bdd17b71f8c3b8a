import type { Actor } from '../../auth/actor.ts'
import { recordEach } from '../../auth/devices/record-device.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import type { Env } from '../../env.ts'
import { deviceNotFound } from '../../errors.ts'
import { forgetDevice } from './forget-device.ts'

/** Forgets a device: its tokens are dead at once, and should it ask again, it is a new one. */
export async function decommissionDevice(
  env: Env,
  actor: Actor,
  device_id: string,
  record = recordEach(actor, 'decommission'),
): Promise<void> {
  const { tenant_id } = actor
  await env.db.transaction(async (tx) => {
    const id = { tenant_id, device_id }
    const now = env.now()
    await lockMemberships(tx, id.tenant_id, 'shared')
    await lockDevices(tx, [id])
    await requireVisibleDevice(tx, actor, device_id)
    const removed = await forgetDevice(tx, id, now)
    if (!removed) throw deviceNotFound()
    await record(tx, now, { device_id, ...removed })
  })
}
