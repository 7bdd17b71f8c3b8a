import { Secret } from 'otpauth'
import type { Env } from '../../env.ts'
import { twoFactorEnabled } from '../../errors.ts'
import { emailNotVerified } from '../../mail-errors.ts'
import type { Actor } from '../actor.ts'
import { changeTwoFactor } from './change-two-factor.ts'

const SECRET_BYTES = 20

/**
 * Creates the secret. A login requires a code only after the user has verified one. On a server that sends e-mail, the
 * address has to be confirmed, as Mender requires.
 */
export const enableTwoFactor = (env: Env, actor: Actor, user_id: string): Promise<void> =>
  changeTwoFactor(env, actor, {
    user_id,
    decide: async (_tx, { tfa_status, tfa_secret, verified_ts }) => {
      if (tfa_status === 'enabled') throw twoFactorEnabled()
      if (env.config.mail && verified_ts === null) throw emailNotVerified()
      // The secret of an earlier request still waits to be verified.
      if (tfa_status === 'unverified') return { tfa_status, tfa_secret }
      return { tfa_status: 'unverified', tfa_secret: new Secret({ size: SECRET_BYTES }).base32 }
    },
  })
