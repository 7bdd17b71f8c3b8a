import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { badRequest, unprocessable } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { acceptAuthSet } from './accept-auth-set.ts'
import type { Actor } from './actor.ts'
import { type AskedStatus, mayBecome } from './auth-set.ts'
import { deriveStatus } from './derive-status.ts'
import { endTokens } from './end-tokens.ts'
import type { FoundAuthSet } from './find-auth-set.ts'

/** Gives an auth set of a locked device another status. Tokens of a set that is no longer accepted die with the commit. */
export async function setAuthStatus(
  tx: Db,
  actor: Actor,
  { set, to, now }: { set: FoundAuthSet; to: AskedStatus; now: Date },
): Promise<void> {
  if (set.status === to) return
  if (!mayBecome(set.status, to)) throw badRequest('dev auth: bad request')
  if (to === 'accepted')
    return acceptAuthSet(tx, set, { now, full: unprocessable('maximum number of accepted devices reached') })
  await endTokens(tx, set, { of: sql`id = ${set.auth_set_id}`, status: to })
  await deriveStatus(tx, set, now)
  if (to === 'rejected') await recordRejection(tx, actor, { set, now })
}

const recordRejection = (tx: Db, { user_id, email }: Actor, { set, now }: { set: FoundAuthSet; now: Date }) =>
  recordEvent(tx, set.tenant_id, now, {
    actor: { id: user_id, type: 'user', email },
    action: 'reject',
    object: { id: set.device_id, type: 'device', device: { identity_data: JSON.stringify(set.identity_data) } },
  })
