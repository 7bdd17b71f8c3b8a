import { findSharedIdentities } from '../../auth/devices/shared-identities.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { findTroubles } from '../views/find-troubles.ts'

type Tenant = { tenant_id: string; needs_attention: boolean; is_quiet: boolean }

/** Notes since when nothing needs attention in a tenant, by its deployments and the last count of its devices. */
export async function noteQuiet(env: Env, stop: AbortSignal): Promise<void> {
  for (const { tenant_id, needs_attention, is_quiet } of await readTenants(env.db)) {
    if (stop.aborted) return
    const viewer = { tenant_id, scope: { groups: null, tags: null } }
    const is_now =
      !needs_attention &&
      (await findTroubles(env, viewer)).items.length === 0 &&
      (await findSharedIdentities(env.db, viewer, nowText(env))).count === 0
    if (is_now === is_quiet) continue
    const since = is_now ? nowText(env) : null
    await env.db.query(sql`update tenants set quiet_since = ${since}::timestamptz where tenant_id = ${tenant_id}`)
  }
}

const readTenants = (db: Db) =>
  db.query<Tenant>(sql`
    select t.tenant_id, t.quiet_since is not null as is_quiet,
      (s.counts #>> '{by_status,pending}')::bigint > 0 or (s.counts #>> '{by_last_report,longer}')::bigint > 0
        as needs_attention
    from tenants t cross join lateral (
      select counts from fleet_samples s where s.tenant_id = t.tenant_id order by s.time desc limit 1) s
    order by t.tenant_id`)
