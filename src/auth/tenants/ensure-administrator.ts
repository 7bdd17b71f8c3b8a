import { randomBytes } from 'node:crypto'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { Refusal } from '../../refusal.ts'
import { operatorOf } from '../actor.ts'
import { createUser } from '../users/create-user.ts'
import { ensureDefaultTenant } from './ensure-default-tenant.ts'

/** Creates the first user if there is none. Returns the login if the password was generated, to be shown once. */
export async function ensureAdministrator(env: Env): Promise<{ email: string; password: string } | undefined> {
  const tenant_id = await ensureDefaultTenant(env)
  const anyUser = await env.db.first(sql`select 1 from users limit 1`)
  if (anyUser) return undefined
  const { admin_email: email, admin_password } = env.config
  const password = admin_password ?? randomBytes(12).toString('base64url')
  try {
    await createUser(env, operatorOf(tenant_id), { email, password })
  } catch (error) {
    // Another process created the user first.
    if (error instanceof Refusal && error.code === 'email_taken') return undefined
    throw error
  }
  return admin_password === undefined ? { email, password } : undefined
}
