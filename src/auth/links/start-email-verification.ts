import { randomBytes, randomUUID } from 'node:crypto'
import type { Env } from '../../env.ts'
import { sendMail } from '../../outgoing/mail.ts'
import { findRecipient, insertLink } from './link-rows.ts'
import { verificationMail } from './mailed-link.ts'

const SECRET_BYTES = 32

/**
 * Sends a link that proves that the user with this address receives what is sent there, if there is one and it is not
 * proven yet. The caller has responded already: the response does not reveal who is a user.
 */
export async function startEmailVerification(env: Env, email: string, signal: AbortSignal): Promise<void> {
  const { mail, public_url } = env.config
  if (!mail || public_url === undefined) return
  const user = await findRecipient(env.db, email)
  if (!user || user.is_verified) return
  const secret = randomBytes(SECRET_BYTES).toString('hex')
  await insertLink(env.db, { ...user, purpose: 'verify_email', email, secret, now: env.now() })
  await sendMail(mail, verificationMail({ email, public_url, id: randomUUID() }, secret), signal)
}
