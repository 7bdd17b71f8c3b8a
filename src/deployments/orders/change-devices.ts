import { type Static, Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import { decideDevice } from '../../auth/devices/decide-device.ts'
import { recordDevicesTogether, recordEachDevice } from '../../auth/devices/record-device.ts'
import { toStoredId } from '../../auth/stored-id.ts'
import type { Env } from '../../env.ts'
import { ErrorCode } from '../../error-codes.ts'
import { deviceNotFound } from '../../errors.ts'
import { Refusal } from '../../refusal.ts'
import { decommissionDevice } from '../devices/decommission-device.ts'

const MAX_DEVICES = 200

export const SomeDevices = Type.Object({
  device_ids: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
    ...{ minItems: 1, maxItems: MAX_DEVICES },
    description: 'IDs of the devices',
  }),
})

export const DevicesChange = Type.Object(
  {
    action: Type.Enum(['accept', 'reject', 'decommission'], { description: 'What to do with the devices' }),
    ...SomeDevices.properties,
  },
  { title: 'DevicesChange', description: 'What to do with which devices' },
)
export type DevicesChange = Static<typeof DevicesChange>

const FailedChange = Type.Object(
  {
    id: Type.String({ description: 'ID of the device' }),
    error: Type.String({ description: 'Why it was not changed, for people' }),
    code: ErrorCode,
  },
  { title: 'FailedChange', description: 'A device that was not changed' },
)

export const DevicesChanged = Type.Object(
  {
    changed: Type.Integer({
      description: 'Number of devices that now are as was asked, also of those that were so before',
    }),
    failed: Type.Array(FailedChange, { description: 'Devices that were not changed' }),
  },
  { title: 'DevicesChanged', description: 'The effect of a change of several devices' },
)
export type DevicesChanged = Static<typeof DevicesChanged>

/** Changes devices by a function that returns those that it found, and says which others there are. */
export async function notFoundAmong(
  device_ids: readonly string[],
  change: (ids: string[]) => Promise<string[]>,
): Promise<DevicesChanged> {
  const ids = [...new Set(device_ids.map(toStoredId))]
  const found = new Set(await change(ids))
  const { message: error, code } = deviceNotFound()
  const failed = ids.filter((id) => !found.has(id)).map((id) => ({ id, error, code }))
  return { changed: found.size, failed }
}

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
