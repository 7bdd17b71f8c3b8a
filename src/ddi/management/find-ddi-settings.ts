import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { type DdiSettings, withDefaults } from '../ddi-settings.ts'

/** How devices of the tenant authenticate by DDI, and how often they poll. */
export async function findDdiSettings(env: Env, { tenant_id }: Actor): Promise<DdiSettings> {
  const found = await env.db.first<{ ddi: Partial<DdiSettings> }>(sql`
    select ddi from tenants where tenant_id = ${tenant_id}`)
  return withDefaults(found?.ddi ?? {})
}
