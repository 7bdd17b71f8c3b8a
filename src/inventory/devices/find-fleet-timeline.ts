import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { fleetOutOfScope } from '../../errors.ts'
import type { FleetCounts, FleetPoint } from '../fleet-timeline.ts'

/** Both inclusive, as RFC 3339. */
export type Period = { after: string; before: string }

/** Longer periods are shown in larger steps: at most about 700 points. */
const STEPS = [
  { up_to_ms: 2 * 24 * 60 * 60 * 1000, step_s: 300 },
  { up_to_ms: 31 * 24 * 60 * 60 * 1000, step_s: 60 * 60 },
]
const DAY_S = 24 * 60 * 60

/** The samples of a period, of each step the last one. Only users who see all devices see their past. */
export async function findFleetTimeline(
  { db }: Pick<Env, 'db'>,
  { tenant_id, scope }: Viewer,
  { after, before }: Period,
): Promise<FleetPoint[]> {
  if (scope.groups !== null) throw fleetOutOfScope()
  const found = sql`tenant_id = ${tenant_id} and time >= ${after} and time <= ${before}`
  const first = await db.reads.first<{ time: string | null }>(sql`
    select min(time) as time from fleet_samples where ${found}`)
  const ms = Date.parse(before) - Date.parse(first?.time ?? before)
  const step_s = STEPS.find(({ up_to_ms }) => ms <= up_to_ms)?.step_s ?? DAY_S
  const rows = await db.reads.query<{ time: string; counts: FleetCounts }>(sql`
    select distinct on (step) time, counts from (
      select floor(extract(epoch from time) / ${step_s}::int) as step, time, counts from fleet_samples where ${found}
    ) as samples order by step, time desc`)
  return rows.map(({ time, counts }) => ({ time, ...counts }))
}
