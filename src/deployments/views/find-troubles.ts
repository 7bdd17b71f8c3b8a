import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { join, raw, type Sql, sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { attentionItems, mayHaveLate, type UnfinishedDeployment } from '../attention.ts'
import { DEVICE_STATUSES } from '../device-status.ts'
import { andVisible } from '../rows/visible-deployments.ts'
import { deploymentStatus } from './find-deployments.ts'
import { findLate } from './find-late.ts'

/** Deployments whose late devices are counted. */
const MAX_LOOKED_AT = 50

type Found = UnfinishedDeployment & { tenant_id: string }

/** The unfinished deployments, and what of them needs attention. */
export async function findTroubles(env: Env, viewer: Viewer) {
  const now = nowText(env)
  const matching = sql`d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)}`
  const unfinished = await readUnfinished(env.db.reads, matching, now)
  return { unfinished, items: attentionItems(await withLate(env, unfinished), now) }
}

/**
 * The tenants with a deployment that needs attention. Late devices are looked for only where nothing else does; those
 * of a tenant that comes after `stop` are not.
 */
export async function findTroubledTenants(env: Env, stop: AbortSignal): Promise<Set<string>> {
  const now = nowText(env)
  const troubled = new Set<string>()
  for (const [tenant_id, unfinished] of byTenant(await readUnfinished(env.db.reads, sql`true`, now))) {
    const isTroubled =
      attentionItems(unfinished, now).length > 0 ||
      (!stop.aborted && attentionItems(await withLate(env, unfinished), now).length > 0)
    if (isTroubled) troubled.add(tenant_id)
  }
  return troubled
}

function byTenant(deployments: readonly Found[]): Map<string, Found[]> {
  const tenants = new Map<string, Found[]>()
  for (const one of deployments) {
    const others = tenants.get(one.tenant_id)
    if (others) others.push(one)
    else tenants.set(one.tenant_id, [one])
  }
  return tenants
}

/** With the late devices of the newest deployments in progress. */
async function withLate(env: Env, unfinished: readonly Found[]) {
  const looked_at = unfinished.filter(mayHaveLate).slice(0, MAX_LOOKED_AT)
  const late = new Map(
    await Promise.all(
      looked_at.map(async ({ tenant_id, id }) => [id, await findLate(env, { tenant_id, deployment_id: id })] as const),
    ),
  )
  return unfinished.map((one) => ({ ...one, late: late.get(one.id) }))
}

const COUNTERS = join(DEVICE_STATUSES.map((status) => raw(`p."${status}"`)))

/** The percentage of the gate holds, and it is not open yet. */
const IS_HELD = sql`f.held_since is not null and f.gate_opened_at is null`
const LACKS_VERDICT = sql`
  exists (select 1 from jsonb_array_elements_text(f.gate -> 'verdicts') as asked (name)
    where f.verdicts -> asked.name ->> 'verdict' is distinct from 'pass')`
const isSoaking = (now: string): Sql => sql`
  ${IS_HELD} and f.held_since + coalesce((f.gate -> 'soak_minutes')::int, 0) * interval '1 minute'
    > ${now}::timestamptz`

/** Newest first. */
const readUnfinished = (db: Db, matching: Sql, now: string) =>
  db.query<Found>(sql`
    select d.tenant_id, d.id, d.name, d.artifact_name, d.created, ${deploymentStatus(now)} as status, p.last_activity,
      coalesce((d.rollout -> 'no_downgrade')::boolean, false) as no_downgrade, ${COUNTERS},
      max(f.start_ts) filter (where f.start_ts <= ${now}::timestamptz) as opened,
      min(f.start_ts) filter (where f.start_ts > ${now}::timestamptz) as opens,
      coalesce(bool_or(${isSoaking(now)}), false) as is_soaking,
      case when p.paused_at is not null and p.trip is not null and p.trip ->> 'resumed_at' is null then 'tripped'
        when p.paused_at is not null then 'paused'
        when bool_or(${IS_HELD} and not (${isSoaking(now)}) and f.gate ->> 'approval' <> 'none' and f.approved_at is null
          and not (${LACKS_VERDICT}))
          then 'awaiting_approval' end as state
    from deployments d
      join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
      left join deployment_phases f on f.tenant_id = d.tenant_id and f.deployment_id = d.id
    where p.finished is null and ${matching}
    group by d.tenant_id, d.id, p.tenant_id, p.deployment_id
    order by d.created desc`)
