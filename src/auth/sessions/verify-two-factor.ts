import type { Env } from '../../env.ts'
import { nothingToVerify, wrongCode } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import { limitProofs } from '../guesses/limit-guesses.ts'
import { changeTwoFactor } from './change-two-factor.ts'
import { useCode } from './use-code.ts'

/** The actor proves that the authenticator works; from then on a login requires a code. */
export const verifyTwoFactor = (env: Env, actor: Actor, code: string): Promise<void> =>
  limitProofs(env, actor, () =>
    changeTwoFactor(env, actor, {
      user_id: actor.user_id,
      decide: async (tx, user) => {
        if (user.tfa_status === 'disabled') throw nothingToVerify()
        if (!(await useCode(tx, user, { code, now: env.now() }))) throw wrongCode()
        return { tfa_status: 'enabled', tfa_secret: user.tfa_secret }
      },
    }),
  )
