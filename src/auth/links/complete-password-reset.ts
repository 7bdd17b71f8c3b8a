import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { valueDiff } from '../../events/change-text.ts'
import { recordEvent } from '../../events/record-event.ts'
import { mailedLinkInvalid } from '../../mail-errors.ts'
import { limitLinks } from '../guesses/limit-guesses.ts'
import { hashPassword, hasPassword } from '../password.ts'
import { requireGoodPassword } from '../user.ts'
import { type LockedUser, lockUser } from '../users/lock-user.ts'
import { userUpdated } from '../users/user-event.ts'
import { findLink, useLink } from './link-rows.ts'
import type { NewPassword } from './mailed-link.ts'

/**
 * Sets a new password by the link of an e-mail, and ends all sessions of the user. A password that is refused does not
 * use up the link. The address is verified thereby; two-factor authentication stays as it is.
 */
export async function completePasswordReset(
  env: Env,
  { secret_hash: secret, password }: NewPassword,
  client: { address: string },
): Promise<void> {
  const link = { purpose: 'password_reset', secret, now: env.now() } as const
  const { email, ...id } = await limitLinks(env, client, async () => {
    const found = await findLink(env.db, link)
    if (!found) throw mailedLinkInvalid()
    return found
  })
  requireGoodPassword(password, email)
  // Outside of the transaction that locks the user, because hashing passwords is slow.
  const password_hash = await hashPassword(password)
  await env.db.transaction(async (tx) => {
    const user = await lockUser(tx, id)
    if (!user || !(await useLink(tx, id, link))) throw mailedLinkInvalid()
    if (user.email !== email || !hasPassword(user.password_hash)) throw mailedLinkInvalid()
    await savePassword(tx, { ...user, password_hash }, link.now)
    const actor = { tenant_id: id.tenant_id, user_id: id.id, email }
    const lines = valueDiff('password', 'hidden', 'another, hidden, by a link that was sent by e-mail')
    await recordEvent(tx, actor, userUpdated(link.now, user, lines))
  })
}

async function savePassword(tx: Db, { tenant_id, id, password_hash }: LockedUser, now: Date): Promise<void> {
  const at = now.toISOString()
  await tx.query(sql`
    update users set password_hash = ${password_hash}, verified_ts = coalesce(verified_ts, ${at}),
      updated_ts = greatest(${at}, updated_ts + interval '1 millisecond')
    where tenant_id = ${tenant_id} and id = ${id}`)
  await tx.query(sql`
    delete from user_tokens where tenant_id = ${tenant_id} and user_id = ${id} and name is null`)
}
