import type { Actor } from '../../auth/actor.ts'
import { raiseVersion } from '../../auth/devices/raise-version.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import type { Env } from '../../env.ts'
import { endForDevice } from './end-for-device.ts'
import { recordForDevice } from './record-for-device.ts'

/** Aborts for one device the deployment that it is working on, or else the next static one that waits for it. */
export async function abortDevice(env: Env, actor: Actor, device_id: string): Promise<void> {
  const device = { tenant_id: actor.tenant_id, device_id }
  const at = env.now()
  const end = { status: 'aborted', now: at.toISOString() } as const
  await env.db.transaction(async (tx) => {
    // Locks: the device, then those of `endForDevice` (CONTRIBUTING.md, "Locks").
    await lockDevices(tx, [device])
    await requireVisibleDevice(tx, actor, device_id)
    // It may be known as idle because it waits for this deployment.
    await raiseVersion(tx, device)
    const ids = await endForDevice(tx, device, end, 'next')
    if (ids.length === 0) return
    await recordForDevice(tx, actor, {
      at,
      device_id,
      action: 'abort',
      change: `Aborted for the device: deployment ${ids.join(', ')}`,
      ids,
    })
  })
}
