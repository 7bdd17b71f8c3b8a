import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { fleetOutOfScope } from '../../errors.ts'
import type { FleetCounts, FleetPoint } from '../fleet-timeline.ts'
import { stepOf } from './sample-steps.ts'

/** Both inclusive, as RFC 3339. */
export type Period = { after: string; before: string }

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
  const step_s = stepOf(first?.time ?? before, before)
  const rows = await db.reads.query<{ time: string; counts: FleetCounts }>(sql`
    select distinct on (step) time, counts from (
      select floor(extract(epoch from time) / ${step_s}::int) as step, time, counts from fleet_samples where ${found}
    ) as samples order by step, time desc`)
  return rows.map(({ time, counts }) => ({ time, ...counts }))
}
