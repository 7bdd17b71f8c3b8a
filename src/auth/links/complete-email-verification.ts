import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { mailedLinkInvalid } from '../../mail-errors.ts'
import { limitLinks } from '../guesses/limit-guesses.ts'
import { lockUser } from '../users/lock-user.ts'
import { findLink, useLink } from './link-rows.ts'

/** Notes that the user has the address, by the link of an e-mail. */
export async function completeEmailVerification(env: Env, secret: string, client: { address: string }): Promise<void> {
  const link = { purpose: 'verify_email', secret, now: env.now() } as const
  const { email, ...id } = await limitLinks(env, client, async () => {
    const found = await findLink(env.db, link)
    if (!found) throw mailedLinkInvalid()
    return found
  })
  await env.db.transaction(async (tx) => {
    const user = await lockUser(tx, id)
    if (!user || !(await useLink(tx, id, link)) || user.email !== email) throw mailedLinkInvalid()
    const at = link.now.toISOString()
    await tx.query(sql`
      update users set verified_ts = ${at}, updated_ts = greatest(${at}, updated_ts + interval '1 millisecond')
      where tenant_id = ${id.tenant_id} and id = ${id.id}`)
  })
}
