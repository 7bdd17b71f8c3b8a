import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { userNotFound } from '../../errors.ts'
import { valueDiff } from '../../events/change-text.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { type LockedUser, lockUser } from '../users/lock-user.ts'
import { requireMayChange } from '../users/require-may-change.ts'
import { userUpdated } from '../users/user-event.ts'

type TwoFactor = Pick<LockedUser, 'tfa_status' | 'tfa_secret'>
type TwoFactorChange = { user_id: string; decide: (tx: Db, user: LockedUser) => Promise<TwoFactor> }

/** Saves what `decide` returns for the locked user, if the status is another one. */
export async function changeTwoFactor(env: Env, actor: Actor, { user_id, decide }: TwoFactorChange): Promise<void> {
  requireMayChange(actor, user_id)
  const now = env.now()
  await env.db.transaction(async (tx) => {
    const user = await lockUser(tx, { tenant_id: actor.tenant_id, id: user_id })
    if (!user) throw userNotFound()
    const { tfa_status, tfa_secret } = await decide(tx, user)
    if (tfa_status === user.tfa_status) return
    await tx.query(sql`
      update users set tfa_status = ${tfa_status}, tfa_secret = ${tfa_secret},
        updated_ts = greatest(${now.toISOString()}, updated_ts + interval '1 millisecond')
      where tenant_id = ${actor.tenant_id} and id = ${user_id}`)
    const lines = valueDiff('tfa_status', user.tfa_status, tfa_status)
    await recordEvent(tx, actor, userUpdated(now, user, lines))
  })
}
