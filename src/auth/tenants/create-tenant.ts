import { randomUUID } from 'node:crypto'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { operatorOf } from '../actor.ts'
import type { Plan } from '../plan.ts'
import type { NewUser } from '../user.ts'
import { insertUser, prepareUser } from '../users/create-user.ts'
import { tenantToken } from './tenant-token.ts'

/** `user`: the first user, created in the same transaction. */
export type NewTenant = { name: string; plan: Plan; max_devices?: number; user?: NewUser }

/** Returns the id, and the token by which devices name the tenant. */
export async function createTenant(
  env: Env,
  { name, plan, max_devices = -1, user: firstUser }: NewTenant,
): Promise<{ tenant_id: string; tenant_token: string }> {
  const tenant_id = randomUUID()
  const now = env.now()
  const user = firstUser && (await prepareUser(firstUser))
  await env.db.transaction(async (tx) => {
    await tx.query(sql`
      insert into tenants (tenant_id, name, plan, max_devices, accepted_count, created_ts)
      values (${tenant_id}, ${name}, ${plan}, ${max_devices}, ${max_devices < 0 ? null : 0}, ${now.toISOString()})`)
    if (user) await insertUser(tx, now, { actor: operatorOf(tenant_id), user })
  })
  return { tenant_id, tenant_token: tenantToken(env, tenant_id) }
}
