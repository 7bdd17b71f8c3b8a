import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { noCredentials, tenantSuspended, twoFactorCodeNeeded, wrongCredentials, wrongLoginCode } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { passwordSignInOff } from '../../sign-in-errors.ts'
import { limitCodes, limitPasswords } from '../guesses/limit-guesses.ts'
import { passwordMatches } from '../password.ts'
import type { LockedUser } from '../users/lock-user.ts'
import { openSession, type SessionUser } from './open-session.ts'
import { useCode } from './use-code.ts'

// The password is compared with this if there is no such user, or one without a password, so that the response time does not reveal it.
const UNKNOWN_USER_HASH = `scrypt$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(32).toString('base64')}`

/** `address`: of the client; `isGone`: whether the client has closed the connection. */
type LoginRequest = {
  email: string
  password: string
  no_expiry?: boolean
  token2fa?: string
  address?: string
  isGone?: () => boolean
}
type FoundUser = SessionUser & { password_hash: string; tenant_status: string; password_user_id: string | null }

/** Returns a session token. */
export async function logIn(env: Env, login: LoginRequest): Promise<string> {
  // Not counted as a guess: Mender's web GUI sends an empty password to find out whether a code is required.
  if (login.password === '') throw noCredentials()
  const client = { email: login.email.toLowerCase(), address: login.address ?? '' }
  const user = await limitPasswords(env, client, () => verifyPassword(env.db, client.email, login.password))
  if (user.tenant_status === 'suspended') throw tenantSuspended()
  // Only after the password was right: otherwise anybody could find out which users exist.
  if (user.password_user_id !== null && user.password_user_id !== user.id) throw passwordSignInOff()
  return login.token2fa ? limitCodes(env, client, () => open(env, user, login)) : open(env, user, login)
}

async function verifyPassword(db: Db, email: string, password: string): Promise<FoundUser> {
  const user = await findUser(db, email)
  const matches = await passwordMatches(password, user?.password_hash || UNKNOWN_USER_HASH)
  if (!user || !matches) throw wrongCredentials()
  return user
}

function open(env: Env, user: FoundUser, { no_expiry = false, token2fa = '', isGone }: LoginRequest): Promise<string> {
  const revalidate = async (tx: Db, locked: LockedUser) => {
    if (locked.password_hash !== user.password_hash) throw noCredentials()
    if (locked.tfa_status === 'enabled') {
      // Mender's web GUI asks for the code if the error contains "2fa".
      if (token2fa === '') throw twoFactorCodeNeeded()
      if (!(await useCode(tx, locked, { code: token2fa, now: env.now() }))) throw wrongLoginCode()
    }
    if (user.password_user_id !== null) await recordException(tx, env.now(), locked)
  }
  return openSession(env, user, { no_expiry, revalidate, isGone })
}

/** While passwords are switched off, it is remarkable that the one user who may has used one. */
const recordException = (tx: Db, at: Date, { tenant_id, id, email }: LockedUser) =>
  recordEvent(
    tx,
    { tenant_id, user_id: id, email },
    { at, action: 'login', object: eventObject('user', id, { email }), change: 'Signed in with a password' },
  )

const findUser = (db: Db, email: string) =>
  db.first<FoundUser>(sql`
    select u.tenant_id, u.id, u.password_hash, t.plan, t.trial, t.status as tenant_status,
      t.password_user_id
    from users u join tenants t using (tenant_id) where u.email = ${email}`)
