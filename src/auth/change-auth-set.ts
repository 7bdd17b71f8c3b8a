import type { Db } from '../db/db.ts'
import { lockDevices } from '../db/device-lock.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { badRequest, unprocessable } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { acceptAuthSet } from './accept-auth-set.ts'
import type { Actor } from './actor.ts'
import { type AskedStatus, mayBecome } from './auth-set.ts'
import { deriveStatus } from './derive-status.ts'
import { type AuthSetId, type FoundAuthSet, findAuthSet } from './find-auth-set.ts'
import { requireVisibleDevice } from './visible-devices.ts'

/** Accepts, rejects, or takes back to pending. Tokens of a set that is no longer accepted die with the commit. */
export async function changeAuthSet(
  env: Env,
  actor: Actor,
  { status: to, ...ids }: Omit<AuthSetId, 'tenant_id'> & { status: AskedStatus },
): Promise<void> {
  const id = { tenant_id: actor.tenant_id, ...ids }
  await env.db.transaction(async (tx) => {
    await lockDevices(tx, [id])
    await requireVisibleDevice(tx, actor, id.device_id)
    const set = await findAuthSet(tx, actor, id, () => badRequest('dev auth: dev ID and auth ID mismatch'))
    if (set.status === to) return
    if (!mayBecome(set.status, to)) throw badRequest('dev auth: bad request')
    const now = env.now()
    if (to === 'accepted')
      return acceptAuthSet(tx, set, { now, full: unprocessable('maximum number of accepted devices reached') })
    await withdraw(tx, set, to)
    await deriveStatus(tx, set, now)
    if (to === 'rejected') await recordRejection(tx, actor, { set, now })
  })
}

const withdraw = (tx: Db, { tenant_id, device_id, auth_set_id }: AuthSetId, to: AskedStatus) =>
  tx.query(sql`
    update auth_sets set status = ${to}, token_generation = token_generation + 1
    where tenant_id = ${tenant_id} and device_id = ${device_id} and id = ${auth_set_id}`)

const recordRejection = (tx: Db, { user_id, email }: Actor, { set, now }: { set: FoundAuthSet; now: Date }) =>
  recordEvent(tx, set.tenant_id, now, {
    actor: { id: user_id, type: 'user', email },
    action: 'reject',
    object: { id: set.device_id, type: 'device', device: { identity_data: JSON.stringify(set.identity_data) } },
  })
