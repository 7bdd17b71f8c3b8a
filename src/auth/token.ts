import { createHmac, timingSafeEqual } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { perObject } from '../db/memory/per-object.ts'

/** Lifetime of session and device tokens, in seconds. */
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
  /** The token is valid while its auth set has this generation. */
  generation: number
}

export type TenantClaims = { iss: 'Mender'; sub: string; 'mender.tenant': string }

/** A sign-in at a provider that has begun in a browser. */
export type SignInClaims = {
  tenant_id: string
  provider_id: string
  state: string
  nonce: string
  code_verifier: string
  /** Of this server, as the browser reaches it. */
  base_url: string
  /** The path of the page to return to. */
  return_to: string
  /** Whether the session outlives the browser window. */
  stay: boolean
  exp: number
}

/**
 * Tokens of one kind: HS256 with a key per kind, so that a token of one kind is never accepted as another. Verification
 * does not check expiry or revocation. `noTimestamp` leaves out `iat`, so that equal claims yield equal tokens.
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
    /** undefined: not a token of this kind that this server signed. */
    verify: (secret: Buffer, token: string): Claims | undefined => kind(secret).verify(token),
  }
}

/** The library's verifier, which caches the tokens that it verified. */
function cachingVerifier<Claims extends object>(key: Buffer): (token: string) => Claims | undefined {
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

/** Characters of HMAC-SHA-256 in base64url. */
export const SIGNATURE_LENGTH = 43

/** `{"alg":"HS256","typ":"JWT"}`: the beginning of all tokens of this server. */
const HEADER = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.'

/**
 * For device tokens, the most frequent ones: 3.0 us each, where the library takes 4.8. Only a token with exactly our
 * header is accepted, so no other part of JWT is needed.
 */
const fastVerifier =
  <Claims extends object>(key: Buffer) =>
  (token: string): Claims | undefined => {
    const end = token.indexOf('.', HEADER.length)
    if (!token.startsWith(HEADER) || end < 0 || token.length - end - 1 !== SIGNATURE_LENGTH) return undefined
    // Compared as text: a decoder accepts several texts for the same bytes, and a token has one form only.
    const signature = Buffer.from(createHmac('sha256', key).update(token.slice(0, end)).digest('base64url'))
    const given = Buffer.from(token.slice(end + 1))
    if (given.length !== signature.length || !timingSafeEqual(given, signature)) return undefined
    return JSON.parse(Buffer.from(token.slice(HEADER.length, end), 'base64url').toString())
  }

export const userTokens = tokenKind<UserClaims>('user token', cachingVerifier)
/** `readDeviceToken` caches the tokens that it verified. */
export const deviceTokens = tokenKind<DeviceClaims>('device token', fastVerifier)
/** Names a tenant. Devices send it with their auth requests. It never expires. */
export const tenantTokens = tokenKind<TenantClaims>('tenant token', cachingVerifier, { noTimestamp: true })
/** In the cookie of a browser while its user is at a provider. */
export const signInTokens = tokenKind<SignInClaims>('sign-in', cachingVerifier)

export const isExpired = ({ exp }: { exp?: number }, now: Date): boolean =>
  exp !== undefined && exp * 1000 <= now.getTime()
