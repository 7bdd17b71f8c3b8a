import type { Actor } from '../../auth/actor.ts'
import { type AuthSetId, findAuthSet } from '../../auth/devices/find-auth-set.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import { removeAuthSet } from '../../auth/devices/remove-auth-set.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import type { Env } from '../../env.ts'
import { recordEvent } from '../../events/record-event.ts'
import { forgetDevice } from './forget-device.ts'

/** Its tokens become invalid. A device that was only preauthorized, by this auth set, is removed with it. */
export async function deleteAuthSet(env: Env, actor: Actor, ids: Omit<AuthSetId, 'tenant_id'>): Promise<void> {
  const id = { tenant_id: actor.tenant_id, ...ids }
  await env.db.transaction(async (tx) => {
    const now = env.now()
    // Locks: the memberships, the device, then those of `forgetDevice` (CONTRIBUTING.md, "Locks").
    await lockMemberships(tx, id.tenant_id, 'shared')
    await lockDevices(tx, [id])
    await requireVisibleDevice(tx, actor, id.device_id)
    const { status, identity_data } = await findAuthSet(tx, actor, id)
    const became = await removeAuthSet(tx, id, now)
    if (status === 'preauthorized' && became === 'noauth') await forgetDevice(tx, id, now)
    const object = deviceObject({ device_id: id.device_id, identity_data })
    await recordEvent(tx, actor, {
      at: now,
      action: 'dismiss',
      object,
      change: `Deleted the ${status} authentication set`,
    })
  })
}
