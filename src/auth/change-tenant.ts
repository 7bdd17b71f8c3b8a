import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { tenantNotFound } from '../errors.ts'
import type { Tenant } from './tenant.ts'

export type TenantChange = { tenant_id: string } & Partial<Pick<Tenant, 'status' | 'plan' | 'max_devices'>>

/**
 * For the operator. Every request reads the tenant, so the next one sees it: of a suspended tenant no login, no token and
 * no device is good any more. A lower limit leaves accepted devices accepted.
 */
export async function changeTenant(env: Env, { tenant_id, status, plan, max_devices }: TenantChange): Promise<void> {
  const changed = await env.db.first(sql`
    update tenants set status = coalesce(${status ?? null}, status), plan = coalesce(${plan ?? null}, plan),
      max_devices = coalesce(${max_devices ?? null}, max_devices)
    where tenant_id = ${tenant_id} returning 1`)
  if (!changed) throw tenantNotFound(tenant_id)
}
