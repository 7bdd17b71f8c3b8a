import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { tenantSuspended } from '../../errors.ts'
import { providerNotFound } from '../../sign-in-errors.ts'
import { type ProviderRow, selectProviders } from './provider-rows.ts'

/** A provider by which users can sign in. */
export async function findEnabledProvider(
  env: Env,
  { tenant_id, id }: { tenant_id: string; id: string },
): Promise<ProviderRow> {
  const [provider] = await selectProviders(env.db, sql`tenant_id = ${tenant_id} and id = ${id} and enabled`)
  if (!provider) throw providerNotFound()
  const active = await env.db.first(sql`select 1 from tenants where tenant_id = ${tenant_id} and status = 'active'`)
  if (!active) throw tenantSuspended()
  return provider
}
