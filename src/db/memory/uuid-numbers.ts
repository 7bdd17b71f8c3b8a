/** A UUID as four numbers of 32 bits, for caches of numbers. */
export type UuidNumbers = readonly [number, number, number, number]

export function uuidToNumbers(uuid: string): UuidNumbers {
  const digits = uuid.replaceAll('-', '')
  const at = (i: number) => Number.parseInt(digits.slice(8 * i, 8 * i + 8), 16)
  return [at(0), at(1), at(2), at(3)]
}

/** By a table of bytes: `toString(16)` takes twice as long. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const twoBytes = (number: number, shift: number): string =>
  (BYTES[(number >>> (shift + 8)) & 255] as string) + BYTES[(number >>> shift) & 255]

export const numbersToUuid = ([a, b, c, d]: UuidNumbers): string =>
  `${twoBytes(a, 16)}${twoBytes(a, 0)}-${twoBytes(b, 16)}-${twoBytes(b, 0)}-${twoBytes(c, 16)}-${twoBytes(c, 0)}${twoBytes(d, 16)}${twoBytes(d, 0)}`

/** The first 32 of hexadecimal digits in the form of a UUID. */
export const formatUuid = (digits: string): string =>
  `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20, 32)}`

const DASH = 45
const DIGITS = new Int8Array(256).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = value

/** Characters of one byte; any other becomes one that is in no UUID. */
export type Characters = Uint8ClampedArray

/**
 * Reads the UUID whose characters begin at `at`, in lower case with dashes only, so that two ids are never taken for the
 * same. False: it is none, and the numbers are not valid.
 */
export function readUuid(characters: Characters, at: number, numbers: Uint32Array): boolean {
  const first = fourDigits(characters, at)
  const second = fourDigits(characters, at + 4)
  const third = fourDigits(characters, at + 9)
  const fourth = fourDigits(characters, at + 14)
  const fifth = fourDigits(characters, at + 19)
  const sixth = fourDigits(characters, at + 24)
  const seventh = fourDigits(characters, at + 28)
  const eighth = fourDigits(characters, at + 32)
  numbers[0] = (first << 16) | second
  numbers[1] = (third << 16) | fourth
  numbers[2] = (fifth << 16) | sixth
  numbers[3] = (seventh << 16) | eighth
  return hasDashes(characters, at) && (first | second | third | fourth | fifth | sixth | seventh | eighth) >= 0
}

const hasDashes = (characters: Characters, at: number): boolean =>
  characters[at + 8] === DASH &&
  characters[at + 13] === DASH &&
  characters[at + 18] === DASH &&
  characters[at + 23] === DASH

/** Negative if one of them is no digit. */
const fourDigits = (characters: Characters, at: number): number =>
  (digitAt(characters, at) << 12) |
  (digitAt(characters, at + 1) << 8) |
  (digitAt(characters, at + 2) << 4) |
  digitAt(characters, at + 3)

const digitAt = (characters: Characters, at: number): number => DIGITS[characters[at] as number] as number
