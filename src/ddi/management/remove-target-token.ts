import type { Actor } from '../../auth/actor.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import type { Env } from '../../env.ts'
import { recordEvent } from '../../events/record-event.ts'
import { lockDdiDevice } from '../rows/lock-ddi-device.ts'
import { replaceTargetToken } from '../rows/target-token-rows.ts'

/** Ends the target token of a device at once. The device keeps its status. */
export const removeTargetToken = (env: Env, actor: Actor, device_id: string): Promise<void> =>
  env.db.transaction(async (tx) => {
    const { identity_data } = await lockDdiDevice(tx, actor, device_id)
    await replaceTargetToken(tx, { tenant_id: actor.tenant_id, device_id }, undefined)
    const object = deviceObject({ device_id, identity_data })
    await recordEvent(tx, actor, { at: env.now(), action: 'revoke', object, change: 'Removed the target token' })
  })
