import { randomInt } from 'node:crypto'

/** 87 bits of a text, in two numbers. */
export type KeyedHash = readonly [number, number]

/** The largest prime below 2^29: with 16 bits of text, 255 products add up to less than 2^53, and so exactly. */
const PRIME = 2 ** 29 - 3
const MAX_WORDS = 254
const MAX_LENGTH = 2 * MAX_WORDS

const bytes = Buffer.alloc(MAX_LENGTH + 2)
const words = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
/** For each word, and for the length. */
const randomKeys = () => Float64Array.from({ length: MAX_WORDS + 1 }, () => randomInt(PRIME))
const [keys1, keys2, keys3] = [randomKeys(), randomKeys(), randomKeys()]

const SPLIT_BITS = 15

/** The bytes of the text that was hashed last. */
export const hashedBytes: Uint8Array = bytes

/**
 * A hash of a text by keys that this process chooses and never shows: three sums of products modulo a prime (multilinear
 * hashing, a universal family). Two texts that differ, chosen by anybody who does not know the keys, have the same one
 * with a probability of 2^-87, so to find a text with the hash of another takes 2^86 attempts on average, each a request.
 * Undefined: the text is too long. Its characters have one byte each, as those of headers do.
 */
export function keyedHash(text: string): KeyedHash | undefined {
  const { length } = text
  if (length > MAX_LENGTH) return undefined
  bytes.write(text, 0, 'latin1')
  // The last word may be half a word.
  bytes[length] = 0
  const count = (length + 1) >> 1
  let first = length * (keys1[MAX_WORDS] as number)
  let second = length * (keys2[MAX_WORDS] as number)
  let third = length * (keys3[MAX_WORDS] as number)
  for (let i = 0; i < count; i++) {
    const word = words[i] as number
    first += word * (keys1[i] as number)
    second += word * (keys2[i] as number)
    third += word * (keys3[i] as number)
  }
  const last = modulo(third)
  return [modulo(first) + (last & (2 ** SPLIT_BITS - 1)) * 2 ** 29, modulo(second) + (last >> SPLIT_BITS) * 2 ** 29]
}

/** The same for equal numbers, and congruent: that is all that matters here. */
const modulo = (number: number): number => number - Math.floor(number / PRIME) * PRIME
