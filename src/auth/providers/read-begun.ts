import type { Env } from '../../env.ts'
import { isExpired, type SignInClaims, signInTokens } from '../token.ts'

/** The sign-in that was begun in a browser, by what the browser has kept; undefined: none, or too long ago. */
export function readBegun(env: Env, token: string | undefined): SignInClaims | undefined {
  const begun = token === undefined ? undefined : signInTokens.verify(env.secret, token)
  return begun && !isExpired(begun, env.now()) ? begun : undefined
}
