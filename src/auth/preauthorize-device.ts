import type { Env } from '../env.ts'
import { conflict, Refusal, roleForbids } from '../errors.ts'
import type { Actor } from './actor.ts'
import type { Credentials } from './credentials.ts'
import { introduceDevice } from './introduce-device.ts'
import { findDeviceByIdentity } from './list-devices.ts'

const MOST_LOOKS = 6

/**
 * Lets a device in before it has asked. Where its identity is known already, the refusal holds that device; with
 * `force` the key is added to it.
 */
export async function preauthorizeDevice(
  env: Env,
  { tenant_id, scope }: Actor,
  { force, ...credentials }: Credentials & { force: boolean },
): Promise<{ device_id: string }> {
  // A new device is in no group.
  if (scope.groups !== null) throw roleForbids()
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const known = await findDeviceByIdentity(env.db, tenant_id, credentials.identity.sha256)
    if (known && !force) throw new Refusal(409, 'device already exists', known)
    const device_id = await env.db.transaction((tx) =>
      introduceDevice(tx, { tenant_id, known: known?.id, credentials, status: 'preauthorized' }, env.now()),
    )
    if (device_id !== undefined) return { device_id }
  }
  throw conflict('the device is being changed by others: try again')
}
