import { randomBytes, randomUUID } from 'node:crypto'
import type { Env } from '../../env.ts'
import { sendMail } from '../../outgoing/mail.ts'
import { hasPassword } from '../password.ts'
import { findRecipient, insertLink } from './link-rows.ts'
import { noPasswordMail, resetMail } from './mailed-link.ts'

const SECRET_BYTES = 32

/**
 * Sends a link for a new password to the user with this address, if there is one. The caller has responded already:
 * neither the response nor the time it takes reveals who is a user.
 */
export async function startPasswordReset(env: Env, email: string, signal: AbortSignal): Promise<void> {
  const { mail, public_url } = env.config
  if (!mail || public_url === undefined) return
  const user = await findRecipient(env.db, email)
  if (!user) return
  const recipient = { email, public_url, id: randomUUID() }
  if (!hasPassword(user.password_hash) || (user.password_user_id !== null && user.password_user_id !== user.id)) {
    await sendMail(mail, noPasswordMail(recipient), signal)
    return
  }
  const secret = randomBytes(SECRET_BYTES).toString('hex')
  await insertLink(env.db, { ...user, purpose: 'password_reset', email, secret, now: env.now() })
  await sendMail(mail, resetMail(recipient, secret), signal)
}
