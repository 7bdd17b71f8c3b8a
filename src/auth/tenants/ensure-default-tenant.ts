import { randomUUID } from 'node:crypto'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'

/** Returns the id of the tenant of devices and commands that name none; creates it if it is missing. */
export async function ensureDefaultTenant(env: Env): Promise<string> {
  await env.db.query(sql`
    insert into tenants (tenant_id, name, plan, is_default, created_ts)
    values (${randomUUID()}, 'default', 'enterprise', true, ${nowText(env)}) on conflict do nothing`)
  const found = await env.db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
  if (!found) throw new Error('There is no default tenant.')
  return found.tenant_id
}
