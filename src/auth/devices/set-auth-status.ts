import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { statusChangeNotAllowed, tooManyDevices } from '../../errors.ts'
import { mayBecome, type SettableStatus } from '../auth-set.ts'
import { acceptAuthSet } from './accept-auth-set.ts'
import { deriveStatus } from './derive-status.ts'
import { endTokens } from './end-tokens.ts'
import type { FoundAuthSet } from './find-auth-set.ts'

/**
 * Sets the status of an auth set of a locked device and returns whether that changed it. The tokens of a set that is no
 * longer accepted are invalid from the commit on.
 */
export async function setAuthStatus(
  tx: Db,
  { set, to, now }: { set: FoundAuthSet; to: SettableStatus; now: Date },
): Promise<boolean> {
  if (set.status === to) return false
  if (!mayBecome(set.status, to)) throw statusChangeNotAllowed()
  if (to === 'accepted') {
    await acceptAuthSet(tx, set, { now, limitReached: tooManyDevices() })
  } else {
    await endTokens(tx, set, { which: sql`id = ${set.auth_set_id}`, status: to })
    await deriveStatus(tx, set, now)
  }
  return true
}
