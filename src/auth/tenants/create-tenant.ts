import { randomUUID } from 'node:crypto'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { nowText } from '../../env.ts'
import { operatorOf } from '../actor.ts'
import type { Plan } from '../plan.ts'
import { tenantTokens } from '../token.ts'
import type { NewUser } from '../user.ts'
import { insertUser, prepareUser } from '../users/create-user.ts'

/** `user`: the first user, made with the tenant or not at all. */
export type NewTenant = { name: string; plan: Plan; max_devices?: number; user?: NewUser }

/** Answers the id, and the token by which devices name the tenant. */
export async function createTenant(
  env: Env,
  { name, plan, max_devices = -1, user: first_user }: NewTenant,
): Promise<{ tenant_id: string; tenant_token: string }> {
  const tenant_id = randomUUID()
  const now = env.now()
  const user = first_user && (await prepareUser(first_user))
  await env.db.transaction(async (tx) => {
    await tx.query(sql`
      insert into tenants (tenant_id, name, plan, max_devices, accepted_count, created_ts)
      values (${tenant_id}, ${name}, ${plan}, ${max_devices}, ${max_devices < 0 ? null : 0}, ${now.toISOString()})`)
    if (user) await insertUser(tx, now, { actor: operatorOf(tenant_id), user })
  })
  return { tenant_id, tenant_token: tenantToken(env, tenant_id) }
}

/** The tenant of devices and commands that name none, made if missing. */
export async function ensureDefaultTenant(env: Env): Promise<string> {
  await env.db.query(sql`
    insert into tenants (tenant_id, name, plan, is_default, created_ts)
    values (${randomUUID()}, 'default', 'enterprise', true, ${nowText(env)}) on conflict do nothing`)
  const found = await env.db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
  if (!found) throw new Error('There is no default tenant.')
  return found.tenant_id
}

export const tenantToken = (env: Env, tenant_id: string): string =>
  tenantTokens.sign(env.secret, { iss: 'Mender', sub: tenant_id, 'mender.tenant': tenant_id })
