import { createHmac } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'

/** Seconds a session or device token is good for. */
export const TOKEN_LIFETIME_S = 604_800

export type UserClaims = {
  jti: string
  sub: string
  iss: 'mender.useradm'
  iat: number
  exp?: number
  scp: 'mender.*'
  'mender.tenant': string
  'mender.user': true
  'mender.plan': string
  'mender.trial': boolean
  'mender.addons': { name: string; enabled: boolean }[]
}

export type DeviceClaims = {
  jti: string
  sub: string
  iss: 'Mender'
  iat: number
  exp: number
  'mender.tenant': string
  'mender.device': true
  'mender.plan': string
  'mender.trial': boolean
  'mender.addons': { name: string; enabled: boolean }[]
  /** The token is good while its auth set still has this generation. */
  generation: number
}

export type TenantClaims = { iss: 'Mender'; sub: string; 'mender.tenant': string }

/**
 * Tokens of one kind: HS256 with a key of their own, so that a token of one kind is no token of another.
 * Verification says nothing about expiry or revocation. `noTimestamp` leaves out `iat`, so that the same claims make the
 * same token.
 */
function tokenKind<Claims extends object>(purpose: string, cache: number, { noTimestamp = false } = {}) {
  const made = new WeakMap<Buffer, { sign: (claims: Claims) => string; verify: (token: string) => Claims }>()
  const kind = (secret: Buffer) => {
    let found = made.get(secret)
    if (!found) {
      const key = createHmac('sha256', secret).update(purpose).digest()
      const verify = createVerifier({
        key,
        algorithms: ['HS256'],
        cache: cache > 0 && cache,
        ignoreExpiration: true,
        ignoreNotBefore: true,
      })
      found = {
        sign: createSigner({ key, algorithm: 'HS256', noTimestamp }) as (claims: Claims) => string,
        verify,
      }
      made.set(secret, found)
    }
    return found
  }
  return {
    sign: (secret: Buffer, claims: Claims): string => kind(secret).sign(claims),
    /** undefined for anything we did not sign. */
    verify: (secret: Buffer, token: string): Claims | undefined => {
      try {
        return kind(secret).verify(token)
      } catch {
        return undefined
      }
    },
  }
}

export const userTokens = tokenKind<UserClaims>('user token', 1000)
/** Remembered by who reads them. */
export const deviceTokens = tokenKind<DeviceClaims>('device token', 0)
/** Names a tenant; devices send it when they ask to be let in. Never expires. */
export const tenantTokens = tokenKind<TenantClaims>('tenant token', 1000, { noTimestamp: true })

export const isExpired = ({ exp }: { exp?: number }, now: Date): boolean =>
  exp !== undefined && exp * 1000 <= now.getTime()
