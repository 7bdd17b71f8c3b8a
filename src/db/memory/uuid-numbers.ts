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

/** 80 bits of a UUID that the server created at random: enough to tell the few of one device apart. */
export const shortUuidNumbers = (uuid: string): [number, number] => [
  Number.parseInt(uuid.slice(0, 8), 16),
  Number.parseInt(uuid.slice(24), 16),
]
