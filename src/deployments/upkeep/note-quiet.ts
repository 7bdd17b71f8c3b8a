import { findTenantsWithSharedIdentities } from '../../auth/devices/shared-identities.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { findTroubledTenants } from '../views/find-troubles.ts'

type Tenant = { tenant_id: string; needs_attention: boolean; is_quiet: boolean }

/**
 * Notes since when nothing needs attention in a tenant, by its deployments and the last count of its devices. The
 * number of statements does not depend on the number of tenants, except for deployments that may have late devices.
 */
export async function noteQuiet(env: Env, stop: AbortSignal): Promise<void> {
  const now = nowText(env)
  const tenants = await readTenants(env.db)
  const shared = await findTenantsWithSharedIdentities(env.db, now)
  const troubled = await findTroubledTenants(env, stop)
  if (stop.aborted) return
  const isQuiet = ({ tenant_id, needs_attention }: Tenant) =>
    !needs_attention && !shared.has(tenant_id) && !troubled.has(tenant_id)
  const changed = tenants.filter((tenant) => isQuiet(tenant) !== tenant.is_quiet)
  await write(env.db, changed.filter(isQuiet), now)
  await write(
    env.db,
    changed.filter((tenant) => !isQuiet(tenant)),
    null,
  )
}

/** A tenant that is locked is left to the next run: waiting for it would keep the others locked. */
async function write(db: Db, tenants: readonly Tenant[], since: string | null): Promise<void> {
  if (tenants.length === 0) return
  const ids = tenants.map(({ tenant_id }) => tenant_id)
  await db.query(sql`
    update tenants set quiet_since = ${since}::timestamptz where tenant_id in (
      select tenant_id from tenants where tenant_id = any(${ids}) order by tenant_id for no key update skip locked)`)
}

const readTenants = (db: Db) =>
  db.query<Tenant>(sql`
    select t.tenant_id, t.quiet_since is not null as is_quiet,
      (s.counts #>> '{by_status,pending}')::bigint > 0 or (s.counts #>> '{by_last_report,longer}')::bigint > 0
        as needs_attention
    from tenants t cross join lateral (
      select counts from fleet_samples s where s.tenant_id = t.tenant_id order by s.time desc limit 1) s
    order by t.tenant_id`)
