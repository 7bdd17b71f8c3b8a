import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { resourceNotFound } from '../errors.ts'
import type { Actor } from './actor.ts'
import type { Tenant } from './tenant.ts'

/** The tenant of whoever asks. */
export async function findTenant(env: Env, { tenant_id }: Actor): Promise<Tenant> {
  const found = await env.db.first<Tenant>(sql`
    select tenant_id as id, name, plan, trial, status, max_devices, created_ts from tenants where tenant_id = ${tenant_id}`)
  if (!found) throw resourceNotFound()
  return found
}
