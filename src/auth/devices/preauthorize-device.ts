import type { Env } from '../../env.ts'
import { deviceBusy, deviceExists, roleForbids } from '../../errors.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import type { Credentials } from '../credentials.ts'
import { findDeviceByIdentity } from './find-device.ts'
import { introduceDevice } from './introduce-device.ts'
import { deviceObject } from './record-device.ts'

const MAX_TRIES = 6

/**
 * Accepts a device before its first auth request. If a device has the identity already, the refusal contains that
 * device; with `force` the key is added to it instead.
 */
export async function preauthorizeDevice(
  env: Env,
  actor: Actor,
  { force, ...credentials }: Credentials & { force: boolean },
): Promise<{ device_id: string }> {
  const { tenant_id, scope } = actor
  // A new device is in no group.
  if (scope.groups !== null) throw roleForbids()
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const known = await findDeviceByIdentity(env.db, tenant_id, credentials.identity.sha256)
    if (known && !force) throw deviceExists(known)
    const device_id = await preauthorize(env, actor, { known_id: known?.id, credentials })
    if (device_id !== undefined) return { device_id }
  }
  throw deviceBusy()
}

type Preauthorization = { known_id: string | undefined; credentials: Credentials }

const preauthorize = (
  env: Env,
  actor: Actor,
  { known_id, credentials }: Preauthorization,
): Promise<string | undefined> =>
  env.db.transaction(async (tx) => {
    const { tenant_id } = actor
    const at = env.now()
    const introduction = { tenant_id, known_id, dialect: 'mender', credentials, status: 'preauthorized' } as const
    const device_id = await introduceDevice(tx, introduction, at)
    if (device_id === undefined) return undefined
    const object = deviceObject({ device_id, identity_data: credentials.identity.data })
    await recordEvent(tx, actor, { at, action: 'preauthorize', object })
    return device_id
  })
