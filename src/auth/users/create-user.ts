import { randomUUID } from 'node:crypto'
import { violatedConstraint } from '../../db/database-errors.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { emailTaken, tenantNotFound } from '../../errors.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { hashPassword } from '../password.ts'
import { FULL_ROLE } from '../role.ts'
import { type NewUser, requireEmail, requireGoodPassword } from '../user.ts'
import { requireRoles } from './require-roles.ts'
import { userObject } from './user-event.ts'

type PreparedUser = { id: string; email: string; password_hash: string; roles: string[] }

/** `actor`: a user, or the operator at the command line. */
export async function createUser(env: Env, actor: EventActor, newUser: NewUser): Promise<{ user_id: string }> {
  const user = await prepareUser(newUser)
  const now = env.now()
  await env.db.transaction((tx) => insertUser(tx, now, { actor, user }))
  return { user_id: user.id }
}

/** Validates a new user. Slow, because the password is hashed. */
export async function prepareUser({ email: address, password, roles = [] }: NewUser): Promise<PreparedUser> {
  const email = requireEmail(address)
  requireGoodPassword(password, email)
  const password_hash = await hashPassword(password)
  return { id: randomUUID(), email, password_hash, roles: roles.length > 0 ? roles : [FULL_ROLE] }
}

export async function insertUser(
  tx: Db,
  now: Date,
  { actor, user }: { actor: EventActor; user: PreparedUser },
): Promise<void> {
  const { id, email, password_hash, roles } = user
  await requireRoles(tx, actor.tenant_id, roles)
  try {
    await tx.query(sql`
      insert into users (tenant_id, id, email, password_hash, roles, created_ts, updated_ts)
      values (${actor.tenant_id}, ${id}, ${email}, ${password_hash}, ${roles},
        ${now.toISOString()}, ${now.toISOString()})`)
  } catch (error) {
    if (violatedConstraint(error) === 'users_email') throw emailTaken()
    if (violatedConstraint(error) === 'users_tenant_id_fkey') throw tenantNotFound(actor.tenant_id)
    throw error
  }
  await recordEvent(tx, actor, { at: now, action: 'create', object: userObject(user) })
}
