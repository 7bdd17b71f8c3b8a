import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { tenantNotFound } from '../../errors.ts'
import type { Tenant } from '../tenant.ts'

const COLUMNS = sql`tenant_id as id, name, plan, trial, status, max_devices, created_ts`

export async function findTenant(env: Env, { tenant_id }: { tenant_id: string }): Promise<Tenant> {
  const found = await env.db.first<Tenant>(sql`select ${COLUMNS} from tenants where tenant_id = ${tenant_id}`)
  if (!found) throw tenantNotFound(tenant_id)
  return found
}

/** All tenants, ordered by creation, for the operator. */
export const findTenants = (env: Env): Promise<Tenant[]> =>
  env.db.query<Tenant>(sql`select ${COLUMNS} from tenants order by created_ts, tenant_id`)
