import type { Env } from '../../env.ts'
import { deviceBusy, deviceExists, roleForbids } from '../../errors.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import type { Credentials } from '../credentials.ts'
import { findDeviceByIdentity } from './find-device.ts'
import { introduceDevice } from './introduce-device.ts'
import { deviceObject } from './record-device.ts'

const MOST_LOOKS = 6

/**
 * Lets a device in before it has asked. Where its identity is known already, the refusal holds that device; with
 * `force` the key is added to it.
 */
export async function preauthorizeDevice(
  env: Env,
  actor: Actor,
  { force, ...credentials }: Credentials & { force: boolean },
): Promise<{ device_id: string }> {
  const { tenant_id, scope } = actor
  // A new device is in no group.
  if (scope.groups !== null) throw roleForbids()
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const known = await findDeviceByIdentity(env.db, tenant_id, credentials.identity.sha256)
    if (known && !force) throw deviceExists(known)
    const device_id = await preauthorize(env, actor, { known: known?.id, credentials })
    if (device_id !== undefined) return { device_id }
  }
  throw deviceBusy()
}

type Known = { known: string | undefined; credentials: Credentials }

const preauthorize = (env: Env, actor: Actor, { known, credentials }: Known): Promise<string | undefined> =>
  env.db.transaction(async (tx) => {
    const { tenant_id } = actor
    const at = env.now()
    const device_id = await introduceDevice(tx, { tenant_id, known, credentials, status: 'preauthorized' }, at)
    if (device_id === undefined) return undefined
    const object = deviceObject({ device_id, identity_data: credentials.identity.data })
    await recordEvent(tx, actor, { at, action: 'preauthorize', object })
    return device_id
  })
