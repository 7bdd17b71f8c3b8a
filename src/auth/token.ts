import { createHmac, timingSafeEqual } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { perObject } from '../db/memory/per-object.ts'

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
 * Tokens of one kind: HS256 with a key of their own, so that a token of one kind is no token of another. Verification
 * says nothing about expiry or revocation. `noTimestamp` leaves out `iat`, so that the same claims make the same token.
 */
function tokenKind<Claims extends object>(
  purpose: string,
  verifier: (key: Buffer) => (token: string) => Claims | undefined,
  { noTimestamp = false } = {},
) {
  const kind = perObject((secret: Buffer) => {
    const key = createHmac('sha256', secret).update(purpose).digest()
    const sign = createSigner({ key, algorithm: 'HS256', noTimestamp }) as (claims: Claims) => string
    return { sign, verify: verifier(key) }
  })
  return {
    sign: (secret: Buffer, claims: Claims): string => kind(secret).sign(claims),
    /** undefined for anything we did not sign. */
    verify: (secret: Buffer, token: string): Claims | undefined => kind(secret).verify(token),
  }
}

/** Remembers tokens that are good. */
function remembering<Claims extends object>(key: Buffer): (token: string) => Claims | undefined {
  const verify = createVerifier({
    key,
    algorithms: ['HS256'],
    cache: 1000,
    ignoreExpiration: true,
    ignoreNotBefore: true,
  })
  return (token) => {
    try {
      return verify(token)
    } catch {
      return undefined
    }
  }
}

/** Of HMAC-SHA-256 in base64url. */
export const SIGNATURE_LENGTH = 43

/** `{"alg":"HS256","typ":"JWT"}`, as all our tokens begin. */
const HEADER = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.'

/**
 * For the very many: 3.0 us a token, where the library takes 4.8. What holds for our header alone needs no more of JWT.
 */
const own =
  <Claims extends object>(key: Buffer) =>
  (token: string): Claims | undefined => {
    const end = token.indexOf('.', HEADER.length)
    if (!token.startsWith(HEADER) || end < 0 || token.length - end - 1 !== SIGNATURE_LENGTH) return undefined
    const signature = createHmac('sha256', key).update(token.slice(0, end)).digest()
    const given = Buffer.from(token.slice(end + 1), 'base64url')
    if (given.length !== signature.length || !timingSafeEqual(given, signature)) return undefined
    return JSON.parse(Buffer.from(token.slice(HEADER.length, end), 'base64url').toString())
  }

export const userTokens = tokenKind<UserClaims>('user token', remembering)
/** Remembered by who reads them. */
export const deviceTokens = tokenKind<DeviceClaims>('device token', own)
/** Names a tenant; devices send it when they ask to be let in. Never expires. */
export const tenantTokens = tokenKind<TenantClaims>('tenant token', remembering, { noTimestamp: true })

export const isExpired = ({ exp }: { exp?: number }, now: Date): boolean =>
  exp !== undefined && exp * 1000 <= now.getTime()
