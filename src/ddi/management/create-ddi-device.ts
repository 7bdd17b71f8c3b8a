import { randomBytes } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import { ddiIdentity, NO_KEY } from '../../auth/ddi-identity.ts'
import { findDeviceByIdentity } from '../../auth/devices/find-device.ts'
import { introduceDevice } from '../../auth/devices/introduce-device.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import type { Env } from '../../env.ts'
import { deviceBusy, deviceExists, roleForbids } from '../../errors.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { CreatedDdiDevice, NewDdiDevice } from '../ddi-device.ts'
import { writeTargetToken } from '../rows/target-token-rows.ts'
import { formatToken, TOKEN_BYTES } from '../token.ts'

const MAX_TRIES = 6

/** Creates a device with a target token, accepted at its first request. */
export async function createDdiDevice(
  env: Env,
  actor: Actor,
  { controller_id, token = formatToken(randomBytes(TOKEN_BYTES)) }: NewDdiDevice,
): Promise<CreatedDdiDevice> {
  // A new device is in no group.
  if (actor.scope.groups !== null) throw roleForbids()
  const identity = ddiIdentity(controller_id)
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const known = await findDeviceByIdentity(env.db, actor.tenant_id, identity.sha256)
    if (known) throw deviceExists(known)
    const device_id = await create(env, actor, { identity, token })
    if (device_id !== undefined) return { device_id, token }
  }
  throw deviceBusy()
}

type NewDevice = { identity: ReturnType<typeof ddiIdentity>; token: string }

/** undefined: another request created the device in the meantime. */
const create = (env: Env, actor: Actor, { identity, token }: NewDevice): Promise<string | undefined> =>
  env.db.transaction(async (tx) => {
    const { tenant_id } = actor
    const at = env.now()
    const credentials = { identity, key: NO_KEY }
    const device_id = await introduceDevice(
      tx,
      { ...{ tenant_id, known_id: undefined, dialect: 'ddi', status: 'preauthorized' }, credentials },
      at,
    )
    if (device_id === undefined) return undefined
    await writeTargetToken(tx, { tenant_id, device_id }, token)
    const object = deviceObject({ device_id, identity_data: identity.data })
    await recordEvent(tx, actor, { at, action: 'preauthorize', object })
    return device_id
  })
