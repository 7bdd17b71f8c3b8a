import { Secret } from 'otpauth'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { nothingToVerify, twoFactorEnabled, twoFactorNotEnabled, userNotFound, wrongCode } from '../../errors.ts'
import { changed } from '../../events/change-text.ts'
import type { Actor } from '../actor.ts'
import { limitProofs } from '../guesses/limit-guesses.ts'
import { recordAct } from '../record-act.ts'
import type { User } from '../user.ts'
import { type LockedUser, lockUser } from '../users/lock-user.ts'
import { requireMayChange } from '../users/require-may-change.ts'
import { userUpdated } from '../users/user-event.ts'
import { useCode } from './use-code.ts'

const SECRET_BYTES = 20

type TwoFactor = Pick<LockedUser, 'tfa_secret'> & { tfa_status: User['tfa_status'] }

/** Logging in asks for a code once the user has verified one. */
export const enableTwoFactor = (env: Env, actor: Actor, user_id: string): Promise<void> =>
  change(env, actor, {
    user_id,
    decide: async (_tx, { tfa_status, tfa_secret }) => {
      if (tfa_status === 'enabled') throw twoFactorEnabled()
      // Begun before: the same secret goes on waiting to be verified.
      if (tfa_status === 'unverified') return { tfa_status, tfa_secret }
      return { tfa_status: 'unverified', tfa_secret: new Secret({ size: SECRET_BYTES }).base32 }
    },
  })

export const disableTwoFactor = (env: Env, actor: Actor, user_id: string): Promise<void> =>
  change(env, actor, {
    user_id,
    decide: async (_tx, { tfa_status }) => {
      if (tfa_status === 'disabled') throw twoFactorNotEnabled()
      return { tfa_status: 'disabled', tfa_secret: null }
    },
  })

/** Whoever asks shows that the authenticator works. */
export const verifyTwoFactor = (env: Env, actor: Actor, code: string): Promise<void> =>
  limitProofs(env, actor, () =>
    change(env, actor, {
      user_id: actor.user_id,
      decide: async (tx, user) => {
        if (user.tfa_status === 'disabled') throw nothingToVerify()
        if (!(await useCode(tx, user, { code, now: env.now() }))) throw wrongCode()
        return { tfa_status: 'enabled', tfa_secret: user.tfa_secret }
      },
    }),
  )

type Change = { user_id: string; decide: (tx: Db, user: LockedUser) => Promise<TwoFactor> }

async function change(env: Env, actor: Actor, { user_id, decide }: Change): Promise<void> {
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
    const lines = changed('tfa_status', user.tfa_status, tfa_status)
    await recordAct(tx, actor, userUpdated(now, user, lines))
  })
}
