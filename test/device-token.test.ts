import { createHmac, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { createVerifier } from 'fast-jwt'
import { describe, expect, test } from 'vitest'
import { readDeviceToken } from '../src/auth/devices/read-device-token.ts'
import { deviceTokens, tenantTokens, userTokens } from '../src/auth/token.ts'
import type { Env } from '../src/env.ts'

const SECRET = Buffer.alloc(32, 1)
/** As in src/auth/token.ts: an attacker does not have the key, but tests that sign need it. */
const KEY = createHmac('sha256', SECRET).update('device token').digest()
const NOW_S = 1_700_000_000
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const CLAIMS = {
  ...{ jti: 'a0', sub: 'b1', iss: 'Mender' as const, iat: NOW_S, exp: NOW_S + 60, generation: 3 },
  ...{ 'mender.tenant': 'c2', 'mender.device': true as const, 'mender.plan': 'enterprise', 'mender.trial': false },
  'mender.addons': [],
}

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
const HEADER = { alg: 'HS256', typ: 'JWT' }
const HASHES: Record<string, string> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }

/** Signs with the right key, with any header. */
function sign(header: Record<string, unknown>, { claims = CLAIMS as object, key = KEY, alg = 'HS256' } = {}): string {
  const text = `${encode(header)}.${encode(claims)}`
  const signature = createHmac(HASHES[alg] ?? 'sha256', key).update(text)
  return `${text}.${signature.digest('base64url')}`
}

const token = deviceTokens.sign(SECRET, CLAIMS)
const [header = '', payload = '', signature = ''] = token.split('.')

const verify = (given: string) => deviceTokens.verify(SECRET, given)
const read = (given: string, now_s = NOW_S) =>
  readDeviceToken({ secret: SECRET, now: () => new Date(now_s * 1000) } as Env, given)?.device

/** Encodes the same 32 bytes with another last character: 43 characters have 2 spare bits. */
const alike = BASE64URL.slice(BASE64URL.indexOf(signature.at(-1) ?? '') & ~3)
const nonCanonical = [...alike.slice(0, 4)].filter((last) => last !== signature.at(-1))

describe('a device token of the server', () => {
  test('contains the signed claims, and is what a JWT library expects', () => {
    expect(verify(token)).toEqual(CLAIMS)
    expect(createVerifier({ key: KEY, algorithms: ['HS256'], ignoreExpiration: true })(token)).toEqual(CLAIMS)
    expect(sign(HEADER)).toBe(token)
  })

  test('is valid until the second in which it expires', () => {
    const device = { tenant_id: 'c2', device_id: 'b1', auth_set_id: 'a0', token_generation: 3 }
    expect(read(token)).toEqual(device)
    expect(read(token, CLAIMS.exp - 0.001)).toEqual(device)
    expect(read(token, CLAIMS.exp)).toBeUndefined()
    expect(read(token, CLAIMS.exp + 1)).toBeUndefined()
    // Cached by then, but still valid only until it expires.
    for (const now_s of [NOW_S, NOW_S, CLAIMS.exp - 1]) expect(read(token, now_s)).toEqual(device)
    expect(read(token, CLAIMS.exp)).toBeUndefined()
  })

  test('is never valid without an expiry time', () => {
    const { exp, ...claims } = CLAIMS
    expect(read(sign(HEADER, { claims }))).toBeUndefined()
  })
})

describe('the server rejects a device token', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const rs256 = `${encode({ ...HEADER, alg: 'RS256' })}.${payload}`

  test.each<[string, string]>([
    ['of the algorithm none, unsigned', `${encode({ ...HEADER, alg: 'none' })}.${payload}.`],
    ['of the algorithm none, signed', sign({ ...HEADER, alg: 'none' })],
    ['of HS512', sign({ ...HEADER, alg: 'HS512' }, { alg: 'HS512' })],
    ['of HS512 with a signature of HS256', sign({ ...HEADER, alg: 'HS512' })],
    ['of HS256 with a signature of HS512', sign(HEADER, { alg: 'HS512' })],
    ['of HS384', sign({ ...HEADER, alg: 'HS384' }, { alg: 'HS384' })],
    ['of RS256', `${rs256}.${createSign('sha256').update(rs256).sign(privateKey, 'base64url')}`],
    ['of RS256 with a signature of HS256', sign({ ...HEADER, alg: 'RS256' })],
    ['whose algorithm is in lower case', sign({ ...HEADER, alg: 'hs256' })],
    ['whose type is in lower case', sign({ ...HEADER, typ: 'jwt' })],
    ['whose header fields are in capitals', sign({ ALG: 'HS256', TYP: 'JWT' })],
    ['whose header fields are in another order', sign({ typ: 'JWT', alg: 'HS256' })],
    ['with one more header field', sign({ ...HEADER, kid: '1' })],
    ['with critical extensions', sign({ ...HEADER, crit: ['exp'] })],
    ['without a type', sign({ alg: 'HS256' })],
    ['whose header has spaces', sign(HEADER).replace(header, Buffer.from('{"alg": "HS256"}').toString('base64url'))],
    ['of another key', sign(HEADER, { key: randomBytes(32) })],
    ['of the secret itself', sign(HEADER, { key: SECRET })],
    ['of an empty key', sign(HEADER, { key: Buffer.alloc(0) })],
    ['of another installation', deviceTokens.sign(Buffer.alloc(32, 2), CLAIMS)],
    ['of a user', userTokens.sign(SECRET, CLAIMS as never)],
    ['of a tenant', tenantTokens.sign(SECRET, CLAIMS as never)],
    ['with other claims', `${header}.${encode({ ...CLAIMS, sub: 'b2' })}.${signature}`],
    ['without claims', `${header}..${signature}`],
    ['without a signature', `${header}.${payload}.`],
    ['without a signature and its dot', `${header}.${payload}`],
    ['without a header', `.${payload}.${signature}`],
    ['that is empty', ''],
    ['of dots', '..'],
    ['with a padded signature', `${token}=`],
    ['with padding instead of the last character', `${token.slice(0, -1)}=`],
    ['with padded claims', `${header}.${payload}=.${signature}`],
    ['with a padded header', `${header}=.${payload}.${signature}`],
    ['whose signature is too short', token.slice(0, -1)],
    ['whose signature is too long', `${token}A`],
    ['with a fourth part', `${token}.`],
    ['with a fourth part in place of the end', `${token.slice(0, -3)}.AA`],
    ['with a space after it', `${token} `],
    ['with a space before it', ` ${token}`],
    ['with a newline after it', `${token}\n`],
    ['with a newline within the signature', `${token.slice(0, -20)}\n${token.slice(-19)}`],
    ['with a NUL after it', `${token}\0`],
    ['whose signature is in standard base64', token.slice(0, -signature.length) + toStandard(signature)],
    ['with characters of more than one byte', `${token.slice(0, -1)}ä`],
    ...nonCanonical.map((last): [string, string] => [`that ends with ${last}`, token.slice(0, -1) + last]),
  ])('%s', (_name, given) => {
    expect(given).not.toBe(token)
    expect(verify(given)).toBeUndefined()
    expect(read(given)).toBeUndefined()
  })

  test('that differs from a valid one in any character', () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        fc.pre(token[at] !== character)
        expect(verify(token.slice(0, at) + character + token.slice(at + 1))).toBeUndefined()
      }),
    )
  })
})

/** With a signature that has both characters in which the two alphabets differ. */
function toStandard(text: string): string {
  return text.replaceAll('-', '+').replaceAll('_', '/')
}
