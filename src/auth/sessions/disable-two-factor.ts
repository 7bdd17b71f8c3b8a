import type { Env } from '../../env.ts'
import { twoFactorNotEnabled } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import { changeTwoFactor } from './change-two-factor.ts'

export const disableTwoFactor = (env: Env, actor: Actor, user_id: string): Promise<void> =>
  changeTwoFactor(env, actor, {
    user_id,
    decide: async (_tx, { tfa_status }) => {
      if (tfa_status === 'disabled') throw twoFactorNotEnabled()
      return { tfa_status: 'disabled', tfa_secret: null }
    },
  })
