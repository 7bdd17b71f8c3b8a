import { type Static, Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import { FOREVER, NewPin, readPinEnd } from '../pin.ts'
import { changePins } from '../rows/pin-rows.ts'
import { type DevicesChanged, notFoundAmong, SomeDevices } from './change-devices.ts'

export const DevicesPin = Type.Object(
  { ...SomeDevices.properties, ...NewPin.properties },
  { title: 'DevicesPin', description: 'Which devices to keep from updates, and how long' },
)
export type DevicesPin = Static<typeof DevicesPin>

/**
 * Keeps devices from updates: once this returns, none of them gets its first offer of a deployment or begins another
 * attempt, on any process. A device that has an offer goes on. Replaces the pins that they had.
 */
export async function pinDevices(env: Env, actor: Actor, { device_ids, ...pin }: DevicesPin): Promise<DevicesChanged> {
  const at = env.now()
  const pinned_until = readPinEnd(pin, at.toISOString())
  const by = { id: actor.user_id, email: actor.email }
  const stored = { pinned_until, pin: { reason: pin.reason, by, since: at.toISOString() } }
  const until = pinned_until === FOREVER ? 'Never updated' : `Not updated before ${pinned_until}`
  const change = { at, action: 'pin', change: `${until}: ${pin.reason}`, to: stored } as const
  return notFoundAmong(device_ids, (ids) => env.db.transaction((tx) => changePins(tx, actor, { ids, ...change })))
}
