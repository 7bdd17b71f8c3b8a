import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { clientGone, unauthorized } from '../../errors.ts'
import { TOKEN_LIFETIME_S } from '../token.ts'
import { type LockedUser, lockUser } from '../users/lock-user.ts'
import { signUserToken, type TokenUser, type UserToken } from './sign-user-token.ts'

export type SessionUser = TokenUser

const MOST_SESSIONS = 10

type Options = {
  no_expiry?: boolean
  /** Throws unless the user, as it is now, is still the one who proved who they are. */
  prove?: (tx: Db, user: LockedUser) => Promise<void>
  /** Whether the client has closed the connection: its session would only push out another one. */
  isGone?: (() => boolean) | undefined
}

/** Opens a session for a user who has proven who they are; the oldest beyond ten ends. Answers its token. */
export async function openSession(
  env: Env,
  user: SessionUser,
  { no_expiry, prove, isGone }: Options = {},
): Promise<string> {
  const token = signUserToken(env, user, no_expiry ? undefined : TOKEN_LIFETIME_S)
  await env.db.transaction(async (tx) => {
    const locked = await lockUser(tx, user)
    if (!locked) throw unauthorized()
    await prove?.(tx, locked)
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
      order by id = ${token.id} desc, created_ts desc limit ${MOST_SESSIONS})`)
}
