import { lockDevices } from '../../db/locks/device-lock.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import type { Env } from '../../env.ts'
import { authSetOfOtherDevice } from '../../errors.ts'
import { valueDiff } from '../../events/change-text.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import type { AuthSetStatus, SettableStatus } from '../auth-set.ts'
import { type AuthSetId, findAuthSet } from './find-auth-set.ts'
import { deviceObject } from './record-device.ts'
import { setAuthStatus } from './set-auth-status.ts'
import { requireVisibleDevice } from './visible-devices.ts'

/** Accepts or rejects an auth set, or resets it to pending. */
export async function changeAuthSet(
  env: Env,
  actor: Actor,
  { status: to, ...ids }: Omit<AuthSetId, 'tenant_id'> & { status: SettableStatus },
): Promise<void> {
  const id = { tenant_id: actor.tenant_id, ...ids }
  await env.db.transaction(async (tx) => {
    await lockMemberships(tx, id.tenant_id, 'shared')
    await lockDevices(tx, [id])
    await requireVisibleDevice(tx, actor, id.device_id)
    const set = await findAuthSet(tx, actor, id, authSetOfOtherDevice)
    const at = env.now()
    if (await setAuthStatus(tx, { set, to, now: at }))
      await recordEvent(tx, actor, { at, object: deviceObject(set), ...eventOf(set.status, to) })
  })
}

const eventOf = (from: AuthSetStatus, to: SettableStatus): { action: string; change?: string } =>
  to === 'pending'
    ? { action: 'update', change: valueDiff('status', from, to).join('\n') }
    : { action: to === 'accepted' ? 'accept' : 'reject' }
