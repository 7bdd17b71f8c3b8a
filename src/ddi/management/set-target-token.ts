import { randomBytes } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import type { Env } from '../../env.ts'
import { recordEvent } from '../../events/record-event.ts'
import { lockDdiDevice } from '../rows/lock-ddi-device.ts'
import { replaceTargetToken } from '../rows/target-token-rows.ts'
import { formatToken, TOKEN_BYTES } from '../token.ts'

/** Gives a device a target token and returns it. The one that the device had is invalid at once. */
export async function setTargetToken(
  env: Env,
  actor: Actor,
  { device_id, token = formatToken(randomBytes(TOKEN_BYTES)) }: { device_id: string; token?: string | undefined },
): Promise<{ token: string }> {
  await env.db.transaction(async (tx) => {
    const { identity_data } = await lockDdiDevice(tx, actor, device_id)
    await replaceTargetToken(tx, { tenant_id: actor.tenant_id, device_id }, token)
    const object = deviceObject({ device_id, identity_data })
    await recordEvent(tx, actor, { at: env.now(), action: 'update', object, change: 'Set the target token' })
  })
  return { token }
}
