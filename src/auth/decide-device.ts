import { lockDevices } from '../db/device-lock.ts'
import { lockMemberships } from '../db/membership-lock.ts'
import type { Env } from '../env.ts'
import type { Actor } from './actor.ts'
import { type Decision, setsToChange } from './decision.ts'
import { findDevice } from './list-devices.ts'
import { setAuthStatus } from './set-auth-status.ts'
import { requireVisibleDevice } from './visible-devices.ts'

/** Accepts the device by the key it waits with, or rejects every key it has. */
export async function decideDevice(
  env: Env,
  actor: Actor,
  { device_id, decision }: { device_id: string; decision: Decision },
): Promise<void> {
  const id = { tenant_id: actor.tenant_id, device_id }
  const to = decision === 'accept' ? 'accepted' : 'rejected'
  await env.db.transaction(async (tx) => {
    await lockMemberships(tx, id.tenant_id, 'changing')
    await lockDevices(tx, [id])
    await requireVisibleDevice(tx, actor, device_id)
    const { auth_sets } = await findDevice(tx, actor, device_id)
    for (const { id: auth_set_id, ...set } of setsToChange(decision, auth_sets))
      await setAuthStatus(tx, actor, { set: { ...id, auth_set_id, ...set }, to, now: env.now() })
  })
}
