import { randomUUID } from 'node:crypto'
import type { Env } from '../../env.ts'
import { userTokens } from '../token.ts'

export type TokenUser = { tenant_id: string; id: string; plan: string; trial: boolean }
export type UserToken = { id: string; text: string; created_ts: string; expires_ts: string | null }

/** A token for a user. It is valid once it is stored. Without a `lifetime_s` it never expires. */
export function signUserToken(env: Env, user: TokenUser, lifetime_s: number | undefined): UserToken {
  const now = env.now()
  const id = randomUUID()
  const iat = Math.floor(now.getTime() / 1000)
  const expiry = lifetime_s === undefined ? {} : { exp: iat + lifetime_s }
  const text = userTokens.sign(env.secret, {
    ...{ jti: id, sub: user.id, iss: 'mender.useradm', iat, ...expiry, scp: 'mender.*' },
    ...{ 'mender.tenant': user.tenant_id, 'mender.user': true, 'mender.plan': user.plan },
    ...{ 'mender.trial': user.trial, 'mender.addons': [] },
  })
  const expires_ts = expiry.exp === undefined ? null : new Date(expiry.exp * 1000).toISOString()
  return { id, text, created_ts: now.toISOString(), expires_ts }
}
