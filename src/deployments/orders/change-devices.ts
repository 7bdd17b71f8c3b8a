import { type Static, Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import { decideDevice } from '../../auth/devices/decide-device.ts'
import { recordDevicesTogether, recordEachDevice } from '../../auth/devices/record-device.ts'
import { toStoredId } from '../../auth/stored-id.ts'
import type { Env } from '../../env.ts'
import { ErrorCode } from '../../error-codes.ts'
import { Refusal } from '../../refusal.ts'
import { decommissionDevice } from '../devices/decommission-device.ts'

const MAX_DEVICES = 200

export const DevicesChange = Type.Object({
  action: Type.Enum(['accept', 'reject', 'decommission']),
  device_ids: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: MAX_DEVICES }),
})
export type DevicesChange = Static<typeof DevicesChange>

export const DevicesChanged = Type.Object({
  changed: Type.Integer({
    description: 'Devices that are now in the requested state, including those that were before',
  }),
  failed: Type.Array(
    Type.Object({
      id: Type.String(),
      error: Type.String({ description: 'Why' }),
      code: ErrorCode,
    }),
  ),
})
export type DevicesChanged = Static<typeof DevicesChanged>

/** Each device succeeds or fails by itself. The audit log has one line for all that were changed. */
export async function changeDevices(
  env: Env,
  actor: Actor,
  { action, device_ids }: DevicesChange,
): Promise<DevicesChanged> {
  const ids = [...new Set(device_ids.map(toStoredId))]
  const record = (ids.length === 1 ? recordEachDevice : recordDevicesTogether)(actor, action)
  const failed: DevicesChanged['failed'] = []
  for (const id of ids) {
    try {
      if (action === 'decommission') await decommissionDevice(env, actor, id, record)
      else await decideDevice(env, actor, { device_id: id, decision: action, record })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      failed.push({ id, error: error.message, code: error.code })
    }
  }
  return { changed: ids.length - failed.length, failed }
}
