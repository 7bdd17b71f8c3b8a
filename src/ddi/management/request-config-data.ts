import type { Actor } from '../../auth/actor.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import type { Env } from '../../env.ts'
import { recordEvent } from '../../events/record-event.ts'
import { askForConfigData } from '../rows/ask-for-config-data.ts'
import { lockDdiDevice } from '../rows/lock-ddi-device.ts'

/** Has a device asked for its attributes at its next poll. */
export const requestConfigData = (env: Env, actor: Actor, device_id: string): Promise<void> =>
  env.db.transaction(async (tx) => {
    const { identity_data } = await lockDdiDevice(tx, actor, device_id)
    await askForConfigData(tx, { tenant_id: actor.tenant_id, device_id })
    const object = deviceObject({ device_id, identity_data })
    await recordEvent(tx, actor, { at: env.now(), action: 'update', object, change: 'Requested config data' })
  })
