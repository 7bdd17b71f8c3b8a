import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { noCredentials, tenantSuspended, twoFactorCodeNeeded, wrongCredentials, wrongLoginCode } from '../../errors.ts'
import { limitCodes, limitPasswords } from '../guesses/limit-guesses.ts'
import { passwordMatches } from '../password.ts'
import type { LockedUser } from '../users/lock-user.ts'
import { openSession, type SessionUser } from './open-session.ts'
import { useCode } from './use-code.ts'

// Compared against when there is no such user, so that the time taken does not tell.
const NOBODY = `scrypt$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(32).toString('base64')}`

/** `address` is where the request comes from; `isGone` says whether the client still waits for the token. */
type Login = {
  email: string
  password: string
  no_expiry?: boolean
  token2fa?: string
  address?: string
  isGone?: () => boolean
}
type FoundUser = SessionUser & { password_hash: string; tenant_status: string }

/** Answers a session token. */
export async function logIn(env: Env, login: Login): Promise<string> {
  // No guess: the web GUI does so to find out whether it is asked for a code.
  if (login.password === '') throw noCredentials()
  const who = { email: login.email.toLowerCase(), address: login.address ?? '' }
  const user = await limitPasswords(env, who, () => provePassword(env.db, who.email, login.password))
  if (user.tenant_status === 'suspended') throw tenantSuspended()
  return login.token2fa ? limitCodes(env, who, () => open(env, user, login)) : open(env, user, login)
}

async function provePassword(db: Db, email: string, password: string): Promise<FoundUser> {
  const user = await findUser(db, email)
  const right = await passwordMatches(password, user?.password_hash ?? NOBODY)
  if (!user || !right) throw wrongCredentials()
  return user
}

function open(env: Env, user: FoundUser, { no_expiry = false, token2fa = '', isGone }: Login): Promise<string> {
  const prove = async (tx: Db, locked: LockedUser) => {
    if (locked.password_hash !== user.password_hash) throw noCredentials()
    if (locked.tfa_status !== 'enabled') return
    if (token2fa === '') throw twoFactorCodeNeeded()
    if (!(await useCode(tx, locked, { code: token2fa, now: env.now() }))) throw wrongLoginCode()
  }
  return openSession(env, user, { no_expiry, prove, isGone })
}

const findUser = (db: Db, email: string) =>
  db.first<FoundUser>(sql`
    select u.tenant_id, u.id, u.password_hash, t.plan, t.trial, t.status as tenant_status
    from users u join tenants t using (tenant_id) where u.email = ${email}`)
