import { randomUUID } from 'node:crypto'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { unauthorized } from '../errors.ts'
import { passwordMatches } from './password.ts'
import { TOKEN_LIFETIME_S, userTokens } from './token.ts'

const MOST_SESSIONS = 10
// Compared against when there is no such user, so that the time taken does not tell.
const NOBODY = `scrypt$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(32).toString('base64')}`

type Found = {
  tenant_id: string
  id: string
  password_hash: string
  plan: string
  trial: boolean
  tenant_status: string
}

/** Answers a session token. */
export async function logIn(
  env: Env,
  given: { email: string; password: string; no_expiry?: boolean },
): Promise<string> {
  const user = await findUser(env.db, given.email.toLowerCase())
  const right = await passwordMatches(given.password, user?.password_hash ?? NOBODY)
  if (!user || !right) throw unauthorized('unauthorized')
  if (user.tenant_status === 'suspended') throw unauthorized('tenant account suspended')

  const now = env.now()
  const iat = Math.floor(now.getTime() / 1000)
  const expiry = given.no_expiry ? {} : { exp: iat + TOKEN_LIFETIME_S }
  const jti = randomUUID()
  await openSession(env, user, { jti, now, expires: expiry.exp === undefined ? null : new Date(expiry.exp * 1000) })
  return userTokens.sign(env.secret, {
    ...{ jti, sub: user.id, iss: 'mender.useradm', iat, ...expiry, scp: 'mender.*' },
    ...{ 'mender.tenant': user.tenant_id, 'mender.user': true, 'mender.plan': user.plan },
    ...{ 'mender.trial': user.trial, 'mender.addons': [] },
  })
}

const openSession = (
  env: Env,
  { tenant_id, id }: Found,
  { jti, now, expires }: { jti: string; now: Date; expires: Date | null },
) =>
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

const findUser = (db: Db, email: string) =>
  db.first<Found>(sql`
    select u.tenant_id, u.id, u.password_hash, t.plan, t.trial, t.status as tenant_status
    from users u join tenants t using (tenant_id) where u.email = ${email}`)
