import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { clientGone, unauthorized } from '../../errors.ts'
import { TOKEN_LIFETIME_S } from '../token.ts'
import { type LockedUser, lockUser } from '../users/lock-user.ts'
import { signUserToken, type TokenUser, type UserToken } from './sign-user-token.ts'

export type SessionUser = TokenUser

const MAX_SESSIONS = 10

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

async function recordSession(tx: Db, { tenant_id, id }: SessionUser, token: UserToken): Promise<void> {
  await tx.query(sql`update users set login_ts = ${token.created_ts} where tenant_id = ${tenant_id} and id = ${id}`)
  await tx.query(sql`
    insert into user_tokens (tenant_id, id, user_id, created_ts, expires_ts)
    values (${tenant_id}, ${token.id}, ${id}, ${token.created_ts}, ${token.expires_ts})`)
  await tx.query(sql`
    delete from user_tokens where tenant_id = ${tenant_id} and user_id = ${id} and name is null and id not in (
      select id from user_tokens where tenant_id = ${tenant_id} and user_id = ${id} and name is null
      order by id = ${token.id} desc, created_ts desc limit ${MAX_SESSIONS})`)
}
