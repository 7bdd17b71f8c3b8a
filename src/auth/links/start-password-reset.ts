import { randomBytes, randomUUID } from 'node:crypto'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { sendMail } from '../../outgoing/mail.ts'
import { hasPassword } from '../password.ts'
import { insertLink } from './link-rows.ts'
import { noPasswordMail, resetMail } from './mailed-link.ts'

const SECRET_BYTES = 32

/**
 * Sends a link for a new password to the user with this address, if there is one. The caller has responded already:
 * neither the response nor the time it takes reveals who is a user.
 */
export async function startPasswordReset(env: Env, email: string, signal: AbortSignal): Promise<void> {
  const { mail, public_url } = env.config
  if (!mail || public_url === undefined) return
  const user = await findUser(env.db, email)
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

/** Of a tenant that is not suspended: its users cannot sign in. */
const findUser = (db: Db, email: string) =>
  db.first<{ tenant_id: string; id: string; password_hash: string | null; password_user_id: string | null }>(sql`
    select u.tenant_id, u.id, u.password_hash, t.password_user_id from users u join tenants t using (tenant_id)
    where u.email = ${email} and t.status <> 'suspended'`)
