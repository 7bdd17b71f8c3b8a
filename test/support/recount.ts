import { expect } from 'vitest'
import type { Db } from '../../src/db/db.ts'
import { sql } from '../../src/db/sql.ts'
import { DEVICE_STATUSES } from '../../src/deployments/device-status.ts'
import { countersOf } from '../../src/deployments/rows/counter-columns.ts'

type Statuses = Record<string, number>
type Counts = {
  id: string
  device_count: number
  total_size: number
  statuses: Statuses
  phases: { device_count: number; statuses: Statuses }[]
}

/** Expects all counters of deployments and phases with history to equal a count of their devices by newest row. */
export async function expectCountersToEqualRows(db: Db): Promise<void> {
  const kept = await db.query<Counts>(sql`
    select d.id, p.device_count, p.total_size, ${countersOf('p')} as statuses, array(
      select jsonb_build_object('device_count', f.device_count, 'statuses', ${countersOf('f')})
      from deployment_phases f where f.deployment_id = d.id order by f.phase_index) as phases
    from deployments d join deployment_progress p on p.deployment_id = d.id where p.history = 'kept' order by d.id`)
  const counted = await db.query<Counts>(sql`
    with newest as (
      select distinct on (deployment_id, device_id) deployment_id, device_id, phase_index, status
      from effective_device_deployments
      order by deployment_id, device_id, deleted is null desc, created desc
    )
    select d.id,
      (select count(*) from newest n where n.deployment_id = d.id)::int as device_count,
      (select coalesce(sum((dd.image ->> 'size')::bigint), 0)::bigint from device_deployments dd
        where dd.deployment_id = d.id and dd.status not in ('noartifact', 'already-installed')) as total_size,
      (select coalesce(jsonb_object_agg(status, n), '{}') from (
        select status, count(*)::int as n from (
          select n.status from newest n where n.deployment_id = d.id
          union all
          select 'pending' from listed_devices t join deployment_progress p on p.deployment_id = t.deployment_id
          where t.deployment_id = d.id and not p.was_aborted and not exists (
            select 1 from device_deployments dd where dd.deployment_id = d.id and dd.device_id = t.device_id)
        ) as each_device group by status) as by_status) as statuses,
      array(
        select jsonb_build_object('device_count', coalesce(sum(n), 0), 'statuses', coalesce(jsonb_object_agg(status, n)
          filter (where status is not null), '{}'))
        from deployment_phases f left join (
          select phase_index, status, count(*)::int as n from newest n where n.deployment_id = d.id group by 1, 2
        ) as by_status using (phase_index)
        where f.deployment_id = d.id group by f.phase_index order by f.phase_index) as phases
    from deployments d join deployment_progress p on p.deployment_id = d.id where p.history = 'kept' order by d.id`)
  expect(kept.map(comparable)).toEqual(counted.map(comparable))
}

const comparable = ({ statuses, phases, ...counts }: Counts) => ({
  ...counts,
  statuses: withZeros(statuses),
  phases: phases.map((phase) => ({ ...phase, statuses: withZeros(phase.statuses) })),
})

const withZeros = (statuses: Statuses) =>
  Object.fromEntries(DEVICE_STATUSES.map((status) => [status, statuses[status] ?? 0]))
