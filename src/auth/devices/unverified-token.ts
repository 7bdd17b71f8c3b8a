import { hashedBytes, type KeyedHash, keyedHash } from '../../db/memory/keyed-hash.ts'
import { readUuid, type UuidNumbers } from '../../db/memory/uuid-numbers.ts'

/** A token as it came: whose it is if it is one of this server, and what distinguishes it from any other. */
export type UnverifiedToken = { device: UuidNumbers; hash: KeyedHash }

/** What precedes the id of the device in an `Authorization` header (`src/auth/token.ts`), and in its claims. */
const PRECEDES = 'Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.'.length
const PRECEDES_IN_CLAIMS = '{"jti":"01234567-89ab-cdef-0123-456789abcdef","sub":"'.length
/** Four characters are three bytes: the id begins with the third byte of such a group, and ends before that of another. */
const FROM = PRECEDES + ((PRECEDES_IN_CLAIMS - 2) / 3) * 4
const DECODED = 39
const SHORTEST = FROM + (DECODED / 3) * 4

const decoded = new Uint8ClampedArray(DECODED)
const numbers = new Uint32Array(4)

/** Undefined: it is not one of this server, or too long. */
export function readUnverified(authorization: string): UnverifiedToken | undefined {
  const hash = authorization.length < SHORTEST ? undefined : keyedHash(authorization)
  if (!hash) return undefined
  for (let from = FROM, to = 0; to < DECODED; from += 4, to += 3) {
    const bits = (digitAt(from) << 18) | (digitAt(from + 1) << 12) | (digitAt(from + 2) << 6) | digitAt(from + 3)
    decoded[to] = bits >> 16
    decoded[to + 1] = (bits >> 8) & 255
    decoded[to + 2] = bits & 255
  }
  if (!readUuid(decoded, 2, numbers)) return undefined
  return { device: [numbers[0], numbers[1], numbers[2], numbers[3]] as unknown as UuidNumbers, hash }
}

const DIGITS = new Int8Array(256).fill(-1)
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
for (const [value, digit] of [...BASE64URL].entries()) DIGITS[digit.charCodeAt(0)] = value

const digitAt = (at: number): number => DIGITS[hashedBytes[at] as number] as number
