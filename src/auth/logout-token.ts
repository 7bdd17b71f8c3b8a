import { logoutTokenInvalid } from '../sign-in-errors.ts'
import { isUsableName } from './account.ts'

/** After this time a logout token is not accepted, whatever its expiry: it is remembered for longer. */
export const LOGOUT_TOKEN_MAX_AGE_S = 10 * 60

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

type LogoutToken = { sub: string | undefined; sid: string | undefined; jti: string }

/** Validates the claims of a logout token whose signature, issuer, audience and times have been verified. */
export function requireLogoutToken(claims: Readonly<Record<string, unknown>>): LogoutToken {
  const { sub, sid, jti, events, nonce } = claims
  if (nonce !== undefined) throw logoutTokenInvalid('it has a nonce, as only ID tokens have')
  if (!isObject(events) || !isObject(events[EVENT])) throw logoutTokenInvalid('it has no logout event')
  if (typeof jti !== 'string' || jti === '') throw logoutTokenInvalid('it has no jti')
  const named = { sub: textOf(sub), sid: textOf(sid) }
  if (named.sub === undefined && named.sid === undefined) throw logoutTokenInvalid('it has neither sub nor sid')
  return { ...named, jti }
}

const textOf = (claim: unknown): string | undefined => (isUsableName(claim) ? claim : undefined)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
