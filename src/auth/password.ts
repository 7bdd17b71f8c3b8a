import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const COST: ScryptOptions = { N: 16384, r: 8, p: 5, maxmem: 64 * 1024 * 1024 }
const KEY_BYTES = 32

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** `scrypt$<salt>$<key>`, base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password.normalize('NFKC'), salt, KEY_BYTES, COST)
  return `scrypt$${salt.toString('base64')}$${key.toString('base64')}`
}

/** Users who sign in elsewhere only have none. */
export const hasPassword = (hash: string | null): boolean => hash?.startsWith('scrypt$') ?? false

export async function passwordMatches(password: string, hash: string): Promise<boolean> {
  const [, salt, key] = hash.split('$')
  if (!salt || !key) return false
  const derived = await derive(password.normalize('NFKC'), Buffer.from(salt, 'base64'), KEY_BYTES, COST)
  return timingSafeEqual(derived, Buffer.from(key, 'base64'))
}
