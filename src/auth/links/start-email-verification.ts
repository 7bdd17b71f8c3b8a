import { randomBytes, randomUUID } from 'node:crypto'
import type { Env } from '../../env.ts'
import { sendMail } from '../../outgoing/mail.ts'
import type { Actor } from '../actor.ts'
import { insertLink } from './link-rows.ts'
import { verificationMail } from './mailed-link.ts'

const SECRET_BYTES = 32

/** Sends the user a link that proves that the user receives what is sent to the address. */
export async function startEmailVerification(env: Env, actor: Actor, signal: AbortSignal): Promise<void> {
  const { mail, public_url } = env.config
  if (!mail || public_url === undefined) return
  const { tenant_id, user_id: id, email } = actor
  const secret = randomBytes(SECRET_BYTES).toString('hex')
  await insertLink(env.db, { tenant_id, id, purpose: 'verify_email', email, secret, now: env.now() })
  await sendMail(mail, verificationMail({ email, public_url, id: randomUUID() }, secret), signal)
}
