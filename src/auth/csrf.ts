import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * A token that only pages of this server can send along with the cookie of a session. It is valid as long as the
 * session.
 */
export const csrfToken = (secret: Buffer, session_id: string): string =>
  createHmac('sha256', secret).update(`csrf ${session_id}`).digest('base64url')

export function isCsrfToken(token: unknown, secret: Buffer, session_id: string): boolean {
  const expected = Buffer.from(csrfToken(secret, session_id))
  const actual = Buffer.from(typeof token === 'string' ? token : '')
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}
