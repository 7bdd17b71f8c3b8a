import type { Db } from '../../db/db.ts'
import { type Sql, sql } from '../../db/sql.ts'
import type { Filterable } from '../../inventory/filter.ts'
import { deviceFromReferenced, referencedValuesSql } from '../../inventory/filters/referenced-attributes.ts'
import { type DownloadLimits, quietUntil } from '../download-limits.ts'
import { closedUntil } from '../rollout/opening.ts'
import { zoneAttribute } from '../rollout/schedule.ts'
import type { DeploymentPlan } from './plan-deployment.ts'

type Times = { outside_window?: number; in_quiet_hours?: number; first_offer?: string }

/** `pinned_ms`: when the first pin ends, if all devices are pinned. */
type Moment = { now_ms: number; pinned_ms?: number | undefined; limits: DownloadLimits | null }

/**
 * How many devices are outside of their windows or in quiet hours now, and when the first of them may be offered the
 * update.
 */
export async function forecastTimes(
  db: Db,
  { target, phases, rules }: DeploymentPlan,
  { now_ms, pinned_ms = 0, limits }: Moment,
): Promise<Times> {
  const starts = phases[0]?.start_ts
  const start_ms = Math.max(now_ms, pinned_ms, starts ? Date.parse(starts) : 0)
  const has_windows = rules?.windows !== undefined || rules?.blackouts !== undefined
  const is_quiet = limits?.quiet_hours !== undefined && !rules?.ignore_quiet_hours
  if (!has_windows && !is_quiet) return { first_offer: new Date(start_ms).toISOString() }
  const groups = await countByZones(db, target.accepted, { rules, limits })
  const until = (device: Filterable, at_ms: number) => [
    closedUntil(rules, device, at_ms),
    quietUntil(limits, rules, { device, now_ms: at_ms }),
  ]
  const numberOf = (which: 0 | 1) =>
    groups.reduce((sum, { device, count }) => (until(device, now_ms)[which] === undefined ? sum : sum + count), 0)
  const first_ms = Math.min(...groups.map(({ device }) => firstOpen(start_ms, (at_ms) => until(device, at_ms))))
  return {
    ...(has_windows ? { outside_window: numberOf(0) } : {}),
    ...(is_quiet ? { in_quiet_hours: numberOf(1) } : {}),
    ...(Number.isFinite(first_ms) ? { first_offer: new Date(first_ms).toISOString() } : {}),
  }
}

/** Of windows and quiet hours that leave no time in common, the same times return every week. */
const MOST_STEPS = 1000

/** The first moment at which nothing is closed; infinity: there is none. */
function firstOpen(start_ms: number, until: (at_ms: number) => (number | undefined)[]): number {
  let at_ms = start_ms
  for (let steps = 0; steps < MOST_STEPS && Number.isFinite(at_ms); steps++) {
    const closed = until(at_ms).filter((end_ms) => end_ms !== undefined)
    if (closed.length === 0) return at_ms
    at_ms = Math.max(...closed)
  }
  return Number.POSITIVE_INFINITY
}

type Schedules = Pick<DeploymentPlan, 'rules'> & { limits: DownloadLimits | null }

/** The target devices, as far as their time zones decide; those that are equal in that are counted together. */
async function countByZones(
  db: Db,
  accepted: Sql,
  { rules, limits }: Schedules,
): Promise<{ device: Filterable; count: number }[]> {
  const schedules = [rules, limits?.quiet_hours].filter((schedule) => schedule != null)
  const attributes = schedules.flatMap((schedule) => zoneAttribute(schedule) ?? [])
  const names = [...new Map(attributes.map((name) => [`${name.scope}/${name.attribute}`, name])).values()]
  const rows = await db.query<{ attribute_values: unknown[] | null; count: number }>(sql`
    select attribute_values::json as attribute_values, count(*) as count
    from (select ${referencedValuesSql(names)}::text as attribute_values from devices d where ${accepted}) as given
    group by given.attribute_values`)
  const device = { id: '', status: 'accepted', dialect: 'mender' as const, group_name: null }
  return rows.map(({ attribute_values, count }) => ({
    device: deviceFromReferenced(device, names, attribute_values),
    count,
  }))
}
