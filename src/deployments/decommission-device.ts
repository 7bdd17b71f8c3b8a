import type { Actor } from '../auth/actor.ts'
import { removeDevice } from '../auth/remove-device.ts'
import { lockDevices } from '../db/device-lock.ts'
import type { Env } from '../env.ts'
import { notFound } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'

/** Forgets a device: its tokens are dead at once, and should it ask again, it is a new one. */
export async function decommissionDevice(
  env: Env,
  { tenant_id, user_id, email }: Actor,
  device_id: string,
): Promise<void> {
  await env.db.transaction(async (tx) => {
    await lockDevices(tx, [{ tenant_id, device_id }])
    const removed = await removeDevice(tx, tenant_id, device_id)
    if (!removed) throw notFound('device not found')
    await recordEvent(tx, tenant_id, env.now(), {
      actor: { id: user_id, type: 'user', email },
      action: 'decommission',
      object: { id: device_id, type: 'device', device: { identity_data: JSON.stringify(removed.identity_data) } },
    })
  })
}
