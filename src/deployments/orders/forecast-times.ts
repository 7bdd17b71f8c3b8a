import type { Db } from '../../db/db.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { deviceFromReferenced, referencedValuesSql } from '../../inventory/filters/referenced-attributes.ts'
import { opening } from '../rollout/opening.ts'
import type { RolloutRules } from '../rollout/rules.ts'
import { zoneAttribute, zoneOf } from '../rollout/schedule.ts'
import type { DeploymentPlan } from './plan-deployment.ts'

type Times = { outside_window?: number; first_offer?: string }

/**
 * How many devices are outside of their windows now, and when the first of them may be offered the update. `pinned_ms`:
 * when the first pin ends, if all of them are pinned.
 */
export async function forecastTimes(
  db: Db,
  { target, phases, rules }: DeploymentPlan,
  { now_ms, pinned_ms = 0 }: { now_ms: number; pinned_ms?: number | undefined },
): Promise<Times> {
  const starts = phases[0]?.start_ts
  const start_ms = Math.max(now_ms, pinned_ms, starts ? Date.parse(starts) : 0)
  if (!rules?.windows && !rules?.blackouts) return { first_offer: new Date(start_ms).toISOString() }
  const zones = await countZones(db, target.accepted, rules)
  const outside = zones.filter(({ zone }) => !opening(rules, zone, now_ms).is_open)
  const first_ms = Math.min(
    ...zones.map(({ zone }) => {
      const at_start = opening(rules, zone, start_ms)
      return at_start.is_open ? start_ms : at_start.opens_ms
    }),
  )
  return {
    outside_window: outside.reduce((sum, { count }) => sum + count, 0),
    ...(Number.isFinite(first_ms) ? { first_offer: new Date(first_ms).toISOString() } : {}),
  }
}

/** The time zones of the target devices. */
async function countZones(db: Db, accepted: Sql, rules: RolloutRules): Promise<{ zone: string; count: number }[]> {
  const attribute = zoneAttribute(rules)
  const names = attribute ? [attribute] : []
  const rows = await db.query<{ attribute_values: unknown[] | null; count: number }>(sql`
    select attribute_values::json as attribute_values, count(*) as count
    from (select ${referencedValuesSql(names)}::text as attribute_values from devices d where ${accepted}) as given
    group by given.attribute_values`)
  const device = { id: '', status: 'accepted', dialect: 'mender' as const, group_name: null }
  return rows.map(({ attribute_values, count }) => ({
    zone: zoneOf(rules, deviceFromReferenced(device, names, attribute_values)),
    count,
  }))
}
