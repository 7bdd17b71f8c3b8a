import { type Static, Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import { changePins } from '../rows/pin-rows.ts'
import { type DevicesChanged, notFoundAmong, SomeDevices } from './change-devices.ts'

export const DevicesUnpin = Type.Object(SomeDevices.properties, {
  ...{ title: 'DevicesUnpin', description: 'Which devices to update again' },
})
type DevicesUnpin = Static<typeof DevicesUnpin>

/** Removes the pins of devices. The next poll of each is offered what waits for it. */
export async function unpinDevices(env: Env, actor: Actor, { device_ids }: DevicesUnpin): Promise<DevicesChanged> {
  const change = { at: env.now(), action: 'unpin', to: null } as const
  return notFoundAmong(device_ids, (ids) => env.db.transaction((tx) => changePins(tx, actor, { ids, ...change })))
}
