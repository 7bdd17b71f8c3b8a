import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { unauthorized } from '../errors.ts'
import { openSession, type SessionUser } from './open-session.ts'
import { passwordMatches } from './password.ts'

// Compared against when there is no such user, so that the time taken does not tell.
const NOBODY = `scrypt$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(32).toString('base64')}`

type Login = { email: string; password: string; no_expiry?: boolean }

/** Answers a session token. */
export async function logIn(env: Env, { email, password, no_expiry = false }: Login): Promise<string> {
  const user = await findUser(env.db, email.toLowerCase())
  const right = await passwordMatches(password, user?.password_hash ?? NOBODY)
  if (!user || !right) throw unauthorized('unauthorized')
  if (user.tenant_status === 'suspended') throw unauthorized('tenant account suspended')
  return openSession(env, user, { no_expiry })
}

const findUser = (db: Db, email: string) =>
  db.first<SessionUser & { password_hash: string; tenant_status: string }>(sql`
    select u.tenant_id, u.id, u.password_hash, t.plan, t.trial, t.status as tenant_status
    from users u join tenants t using (tenant_id) where u.email = ${email}`)
