import { isDeepStrictEqual } from 'node:util'
import { violatedConstraint } from '../../db/database-errors.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { currentPasswordMismatch, emailTaken, notOwnPassword, userChanged, userNotFound } from '../../errors.ts'
import { valueDiff } from '../../events/change-text.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { limitProofs } from '../guesses/limit-guesses.ts'
import { hashPassword, passwordMatches } from '../password.ts'
import { requireEmail, requireGoodPassword, type UserChange } from '../user.ts'
import { type LockedUser, lockUser, type UserId } from './lock-user.ts'
import { requireAdministrator } from './require-administrator.ts'
import { requireMayChange, requireMayManage } from './require-may-change.ts'
import { requireAtLeastOne, requireRoles } from './require-roles.ts'
import { userUpdated } from './user-event.ts'

type UserUpdate = { user_id: string; change: UserChange; if_match?: readonly string[] | undefined }
/** The hashes of the current password, as it was verified, and of the new one. */
type NewPassword = { old_hash: string; new_hash: string }

/** A new password or e-mail address ends the other sessions of the user. */
export async function updateUser(env: Env, actor: Actor, { user_id, change, if_match }: UserUpdate): Promise<void> {
  requireMayChange(actor, user_id)
  const normalized = change.email === undefined ? change : { ...change, email: requireEmail(change.email) }
  const id = { tenant_id: actor.tenant_id, id: user_id }
  const password = await verifyPassword(env, actor, { id, normalized })
  const now = env.now()
  await env.db.transaction(async (tx) => {
    await requireRoles(tx, actor.tenant_id, change.roles ?? [])
    const user = await lockUser(tx, id)
    if (!user) throw userNotFound()
    if (if_match && !if_match.includes(user.updated_ts)) throw userChanged()
    if (password && user.password_hash !== password.old_hash) throw currentPasswordMismatch()
    const { email = user.email, roles = user.roles } = normalized
    const hasOtherRoles = !isDeepStrictEqual(roles, user.roles)
    if (hasOtherRoles) {
      requireMayManage(actor)
      requireAtLeastOne(roles)
    }
    const lines = diffOf(user, { email, roles, password })
    if (lines.length === 0) return
    await saveUser(tx, now, { ...user, email, roles, password_hash: password?.new_hash ?? user.password_hash })
    if (hasOtherRoles) await requireAdministrator(tx, actor.tenant_id)
    if (password || email !== user.email) await endOtherSessions(tx, id, actor.token_id)
    await recordEvent(tx, actor, userUpdated(now, user, lines))
  })
}

/** Outside of the transaction that locks the user, because hashing passwords is slow. */
async function verifyPassword(
  env: Env,
  actor: Actor,
  { id, normalized: { email, password, current_password } }: { id: UserId; normalized: UserChange },
): Promise<NewPassword | undefined> {
  if (password === undefined) return undefined
  const user = await env.db.first<{ email: string; password_hash: string }>(sql`
    select email, password_hash from users where tenant_id = ${id.tenant_id} and id = ${id.id}`)
  if (!user) throw userNotFound()
  if (id.id !== actor.user_id) throw notOwnPassword()
  requireGoodPassword(password, email ?? user.email)
  await limitProofs(env, actor, async () => {
    if (!(await passwordMatches(current_password ?? '', user.password_hash))) throw currentPasswordMismatch()
  })
  return { old_hash: user.password_hash, new_hash: await hashPassword(password) }
}

function diffOf(
  user: LockedUser,
  { email, roles, password }: { email: string; roles: string[]; password: NewPassword | undefined },
): string[] {
  return [
    ...(email === user.email ? [] : valueDiff('email', user.email, email)),
    ...(isDeepStrictEqual(roles, user.roles) ? [] : valueDiff('roles', user.roles, roles)),
    ...(password ? valueDiff('password', 'hidden', 'another, hidden') : []),
  ]
}

async function saveUser(tx: Db, now: Date, { tenant_id, id, email, roles, password_hash }: LockedUser): Promise<void> {
  try {
    await tx.query(sql`
      update users set verified_ts = case when email = ${email} then verified_ts end, email = ${email}, roles = ${roles},
        password_hash = ${password_hash},
        updated_ts = greatest(${now.toISOString()}, updated_ts + interval '1 millisecond')
      where tenant_id = ${tenant_id} and id = ${id}`)
  } catch (error) {
    if (violatedConstraint(error) === 'users_email') throw emailTaken()
    throw error
  }
}

const endOtherSessions = (tx: Db, { tenant_id, id }: UserId, token_id: string) =>
  tx.query(sql`
    delete from user_tokens
    where tenant_id = ${tenant_id} and user_id = ${id} and name is null and id <> ${token_id}`)
