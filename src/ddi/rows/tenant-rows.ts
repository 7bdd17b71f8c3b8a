import { batched } from '../../db/batch.ts'
import { sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import type { QuietHours } from '../../deployments/download-limits.ts'
import type { Env } from '../../env.ts'
import { type DdiSettings, withDefaults } from '../ddi-settings.ts'

export type DdiTenant = {
  tenant_id: string
  is_active: boolean
  deployments_version: number
  settings: DdiSettings
  /** Of the tenant; null: it has none. */
  quiet_hours: QuietHours | null
  /** Whether the tenant has the gateway token that was asked for. */
  has_gateway_token: boolean
}

/** `name`: the id or the name of the tenant, in lower case; `default` is the default tenant. */
type TenantQuery = { name: string; token_sha256: string | undefined }

/** Undefined: there is no such tenant, or several have the name. */
export const findDdiTenant = batched<Env, TenantQuery, DdiTenant | undefined>(readTenants, { name: 'ddi_tenants' })

type Row = Omit<DdiTenant, 'settings'> & { at: number; ddi: Partial<DdiSettings> }

async function readTenants({ db }: Env, queries: TenantQuery[]): Promise<(DdiTenant | undefined)[]> {
  const rows = await db.query<Row>(sql`
    select asked.ordinality as at, t.tenant_id, t.status = 'active' as is_active,
      t.deployments_version, t.ddi, t.download_limits -> 'quiet_hours' as quiet_hours, exists (
      select from gateway_tokens g
      where g.tenant_id = t.tenant_id and g.token_sha256 = asked.token_sha256) as has_gateway_token
    from unnest(${queries.map(({ name }) => name)}::text[],
        ${textArray(queries, ({ token_sha256 }) => token_sha256 ?? '')})
      with ordinality as asked (name, token_sha256, ordinality)
    join tenants t on t.tenant_id = coalesce(
      (select tenant_id from tenants where tenant_id = asked.name),
      (select tenant_id from tenants where is_default and asked.name = 'default'),
      (select min(tenant_id) from tenants where lower(name) = asked.name having count(*) = 1))`)
  const tenants = new Array<DdiTenant | undefined>(queries.length)
  for (const { at, ddi, ...tenant } of rows) tenants[at - 1] = { ...tenant, settings: withDefaults(ddi) }
  return tenants
}
