import { lockDevices } from '../../db/locks/device-lock.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import type { Env } from '../../env.ts'
import type { Actor } from '../actor.ts'
import { type Decision, setsToChange } from '../decision.ts'
import { findDevice } from './find-device.ts'
import type { RecordDevice } from './record-device.ts'
import { setAuthStatus } from './set-auth-status.ts'
import { requireVisibleDevice } from './visible-devices.ts'

/** Accepts the one key with which the device waits, or rejects all of its keys. */
export async function decideDevice(
  env: Env,
  actor: Actor,
  { device_id, decision, record }: { device_id: string; decision: Decision; record: RecordDevice },
): Promise<void> {
  const id = { tenant_id: actor.tenant_id, device_id }
  const to = decision === 'accept' ? 'accepted' : 'rejected'
  await env.db.transaction(async (tx) => {
    await lockMemberships(tx, id.tenant_id, 'shared')
    await lockDevices(tx, [id])
    await requireVisibleDevice(tx, actor, device_id)
    const { auth_sets, identity_data } = await findDevice(tx, actor, device_id)
    const sets = setsToChange(decision, auth_sets)
    const now = env.now()
    for (const { id: auth_set_id, ...set } of sets)
      await setAuthStatus(tx, { set: { ...id, auth_set_id, ...set }, to, now })
    if (sets.length > 0) await record(tx, now, { device_id, identity_data })
  })
}
