import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { notFound } from '../errors.ts'
import type { Actor } from './actor.ts'
import type { User } from './user.ts'

/** A user of the actor's tenant. */
export async function findUser(env: Env, { tenant_id }: Actor, id: string): Promise<User> {
  const found = await env.db.first<Omit<User, 'login_ts'> & { login_ts: string | null }>(sql`
    select u.id, u.email, u.roles, u.created_ts, u.updated_ts, u.login_ts, 'disabled' as tfa_status, true as verified,
      jsonb_build_array(jsonb_build_object('id', t.tenant_id, 'name', t.name)) as tenants
    from users u join tenants t using (tenant_id) where u.tenant_id = ${tenant_id} and u.id = ${id}`)
  if (!found) throw notFound('user not found')
  const { login_ts, ...user } = found
  return login_ts ? { ...user, login_ts } : user
}
