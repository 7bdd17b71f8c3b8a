import type { UnverifiedToken } from '../../auth/devices/unverified-token.ts'
import { afterChanges, type Outcome } from '../../db/invalidations/when-current.ts'
import { numbersToUuid } from '../../db/memory/uuid-numbers.ts'
import type { Env } from '../../env.ts'
import { recordCheckIn } from '../../inventory/attributes/check-ins.ts'
import { type IdleToken, idleToken, rememberCheckIn } from './idle-devices.ts'

/**
 * As `whenStillIdle`, for a token that need not be verified, since it is the very one that was. Returns whether it will
 * call back: if not, this is not known of the token.
 */
export function whenIdleByToken(env: Env, token: UnverifiedToken, { resolve, reject }: Outcome): boolean {
  const before = idleToken(env, token)
  if (!before) return false
  afterChanges(env, (isUnchanged, error) => {
    if (error) return reject(error)
    const idle = isUnchanged ? before : idleToken(env, token)
    const now_ms = env.now().getTime()
    if (!idle || now_ms >= idle.until_ms) return resolve(false)
    if (now_ms >= idle.check_in_ms) checkIn(env, token, idle)
    resolve(true)
  })
  return true
}

function checkIn(env: Env, { device }: UnverifiedToken, { tenant_id }: IdleToken) {
  const named = { tenant_id, device_id: numbersToUuid(device) }
  rememberCheckIn(env, named, recordCheckIn(env, named))
}
