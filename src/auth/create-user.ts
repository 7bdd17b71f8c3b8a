import { randomUUID } from 'node:crypto'
import { sql } from '../db/sql.ts'
import { violated } from '../db/violation.ts'
import type { Env } from '../env.ts'
import { invalidBody, unprocessable } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { hashPassword } from './password.ts'
import { ROLES } from './role.ts'
import { requireGoodPassword } from './user.ts'

export type NewUser = { email: string; password: string; roles?: string[] }

/** `by` is who asked: an actor, or the operator at the command line. */
export async function createUser(
  env: Env,
  { tenant_id, user_id, email: by }: { tenant_id: string; user_id: string; email: string },
  { email: given, password, roles = [] }: NewUser,
): Promise<{ user_id: string }> {
  const email = given.toLowerCase()
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw invalidBody('email: must be a valid email address')
  const unknown = roles.find((role) => !ROLES.includes(role))
  if (unknown !== undefined) throw unprocessable(`unknown role ${unknown}: must be one of ${ROLES.join(', ')}`)
  requireGoodPassword(password, email)
  const id = randomUUID()
  const now = env.now()
  const password_hash = await hashPassword(password)
  try {
    await env.db.transaction(async (tx) => {
      await tx.query(sql`
        insert into users (tenant_id, id, email, password_hash, roles, created_ts, updated_ts)
        values (${tenant_id}, ${id}, ${email}, ${password_hash}, ${roles}, ${now.toISOString()}, ${now.toISOString()})`)
      const actor = { id: user_id, type: 'user' as const, email: by }
      await recordEvent(tx, tenant_id, now, { actor, action: 'create', object: { id, type: 'user', user: { email } } })
    })
  } catch (error) {
    if (violated(error) === 'users_email') throw unprocessable('user with a given email already exists')
    throw error
  }
  return { user_id: id }
}
