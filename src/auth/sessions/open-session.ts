import type { Db } from '../../db/db.ts'
import type { Env } from '../../env.ts'
import { clientGone, unauthorized } from '../../errors.ts'
import { TOKEN_LIFETIME_S } from '../token.ts'
import { type LockedUser, lockUser } from '../users/lock-user.ts'
import { recordSession } from './record-session.ts'
import { signUserToken, type TokenUser } from './sign-user-token.ts'

export type SessionUser = TokenUser

type Options = {
  no_expiry?: boolean
  /** Throws if the locked user is not the one that was authenticated, because it has changed since. */
  revalidate?: (tx: Db, user: LockedUser) => Promise<void>
  /** Whether the client has closed the connection. Its session would be useless, and end the oldest one. */
  isGone?: (() => boolean) | undefined
}

/** Opens a session for an authenticated user and returns its token. Of more than ten sessions the oldest ends. */
export async function openSession(
  env: Env,
  user: SessionUser,
  { no_expiry, revalidate, isGone }: Options = {},
): Promise<string> {
  const token = signUserToken(env, user, no_expiry ? undefined : TOKEN_LIFETIME_S)
  await env.db.transaction(async (tx) => {
    const locked = await lockUser(tx, user)
    if (!locked) throw unauthorized()
    await revalidate?.(tx, locked)
    await recordSession(tx, user, token)
    if (isGone?.()) throw clientGone()
  })
  return token.text
}
