import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readUnverified } from '../src/auth/devices/unverified-token.ts'
import { deviceTokens } from '../src/auth/token.ts'
import { keyedHash } from '../src/db/memory/keyed-hash.ts'
import { uuidToNumbers } from '../src/db/memory/uuid-numbers.ts'

/** The characters of headers: one byte each. */
const header = (maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength }).map((bytes) => String.fromCharCode(...bytes))

describe('a keyed hash', () => {
  test('is the same for the same text, and another for any other', () => {
    fc.assert(
      fc.property(header(520), header(520), (one, other) => {
        const [hash, again, of_other] = [keyedHash(one), keyedHash(`${one}`), keyedHash(other)]
        expect(hash === undefined).toBe(one.length > 508)
        expect(again).toEqual(hash)
        if (one !== other && hash) expect(of_other).not.toEqual(hash)
      }),
    )
  })

  test('changes with each character, and with each that is added, even if it is a NUL', () => {
    const text = '\xff'.repeat(508)
    const hashes = new Set([String(keyedHash(text))])
    for (let at = 0; at < text.length; at++) {
      hashes.add(String(keyedHash(`${text.slice(0, at)}\xfe${text.slice(at + 1)}`)))
      hashes.add(String(keyedHash('\0'.repeat(at))))
    }
    expect(hashes.size).toBe(1 + 2 * 508)
  })

  test('consists of two whole numbers that a table of numbers holds exactly', () => {
    fc.assert(
      fc.property(header(508), (text) => {
        for (const number of keyedHash(text) ?? []) {
          expect(Number.isSafeInteger(number)).toBe(true)
          expect(number).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })
})

describe('an Authorization header', () => {
  const SECRET = Buffer.alloc(32, 1)
  const claims = (sub: string, generation = 0) => ({
    ...{ jti: randomUUID(), sub, iss: 'Mender' as const, iat: 1_700_000_000, exp: 1_800_000_000, generation },
    ...{ 'mender.tenant': randomUUID(), 'mender.device': true as const, 'mender.plan': 'enterprise' },
    ...{ 'mender.trial': false, 'mender.addons': [] },
  })
  const bearer = (token: string) => `Bearer ${token}`

  test('with a token of the server names its device, without verification', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(2 ** 31 - 1), (id, generation) => {
        const given = bearer(deviceTokens.sign(SECRET, claims(id, generation)))
        expect(readUnverified(given)?.device).toEqual(uuidToNumbers(id))
        expect(readUnverified(`${given.slice(0, -1)}A`)?.device).toEqual(uuidToNumbers(id))
      }),
    )
  })

  test('with a token of the server has a hash of its own, that of another is another', () => {
    const id = randomUUID()
    const [one, other] = [claims(id), claims(id)].map((own) => bearer(deviceTokens.sign(SECRET, own)))
    expect(readUnverified(one!)?.hash).toEqual(keyedHash(one!))
    expect(readUnverified(other!)?.hash).not.toEqual(keyedHash(one!))
  })

  test.each([
    ['of anything else', 'Basic YTpi'],
    ['without a token', 'Bearer '],
    ['with a token that is too short', bearer(deviceTokens.sign(SECRET, claims(randomUUID()))).slice(0, 120)],
    ['with a token whose device is no UUID', bearer(deviceTokens.sign(SECRET, claims('x'.repeat(36))))],
    ['whose token is too long', bearer(deviceTokens.sign(SECRET, claims(randomUUID())) + 'A'.repeat(300))],
    ['of characters of another alphabet', bearer('ÿ'.repeat(400))],
  ])('%s names none', (_, given) => {
    expect(readUnverified(given)).toBeUndefined()
  })
})
