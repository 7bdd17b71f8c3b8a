import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a page of ours, and no other, can say beside a session's cookie. It is good as long as the session. */
export const csrfToken = (secret: Buffer, session_id: string): string =>
  createHmac('sha256', secret).update(`csrf ${session_id}`).digest('base64url')

export function isCsrfToken(given: unknown, secret: Buffer, session_id: string): boolean {
  const right = Buffer.from(csrfToken(secret, session_id))
  const bytes = Buffer.from(typeof given === 'string' ? given : '')
  return bytes.length === right.length && timingSafeEqual(bytes, right)
}
