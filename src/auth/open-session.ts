import { randomUUID } from 'node:crypto'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { TOKEN_LIFETIME_S, userTokens } from './token.ts'

export type SessionUser = { tenant_id: string; id: string; plan: string; trial: boolean }

const MOST_SESSIONS = 10

/** Opens a session for a user who has proven who they are; the oldest beyond ten ends. Answers its token. */
export async function openSession(env: Env, user: SessionUser, { no_expiry = false } = {}): Promise<string> {
  const now = env.now()
  const iat = Math.floor(now.getTime() / 1000)
  const expiry = no_expiry ? {} : { exp: iat + TOKEN_LIFETIME_S }
  const jti = randomUUID()
  await recordSession(env, user, { jti, now, expires: expiry.exp === undefined ? null : new Date(expiry.exp * 1000) })
  return userTokens.sign(env.secret, {
    ...{ jti, sub: user.id, iss: 'mender.useradm', iat, ...expiry, scp: 'mender.*' },
    ...{ 'mender.tenant': user.tenant_id, 'mender.user': true, 'mender.plan': user.plan },
    ...{ 'mender.trial': user.trial, 'mender.addons': [] },
  })
}

type Session = { jti: string; now: Date; expires: Date | null }

const recordSession = (env: Env, { tenant_id, id }: SessionUser, { jti, now, expires }: Session) =>
  env.db.transaction(async (tx) => {
    await tx.query(sql`update users set login_ts = ${now.toISOString()} where tenant_id = ${tenant_id} and id = ${id}`)
    await tx.query(sql`
      insert into user_tokens (tenant_id, id, user_id, created_ts, expires_ts)
      values (${tenant_id}, ${jti}, ${id}, ${now.toISOString()}, ${expires?.toISOString() ?? null})`)
    await tx.query(sql`
      delete from user_tokens where tenant_id = ${tenant_id} and user_id = ${id} and name is null and id not in (
        select id from user_tokens where tenant_id = ${tenant_id} and user_id = ${id} and name is null
        order by created_ts desc, id = ${jti} desc limit ${MOST_SESSIONS})`)
  })
