import { expect } from 'vitest'
import type { Db } from '../../src/db/db.ts'
import { sql } from '../../src/db/sql.ts'
import { DEVICE_STATUSES } from '../../src/deployments/device-status.ts'

type Counts = {
  id: string
  device_count: number
  total_size: number
  statuses: Record<string, number>
  phases: number[]
}

/** Every counter of every deployment equals a count of the devices it stands for, each by its newest row. */
export async function expectCountersToEqualRows(db: Db): Promise<void> {
  const kept = await db.query<Counts>(sql`
    select d.id, p.device_count, p.total_size, to_jsonb(p) as statuses, array(
      select f.device_count from deployment_phases f where f.deployment_id = d.id order by f.phase_index) as phases
    from deployments d join deployment_progress p on p.deployment_id = d.id order by d.id`)
  const counted = await db.query<Counts>(sql`
    select d.id,
      (select count(distinct device_id) from device_deployments dd where dd.deployment_id = d.id)::int as device_count,
      (select coalesce(sum((dd.image ->> 'size')::bigint), 0)::bigint from device_deployments dd
        where dd.deployment_id = d.id and dd.status not in ('noartifact', 'already-installed')) as total_size,
      (select coalesce(jsonb_object_agg(status, n), '{}') from (
        select status, count(*)::int as n from (
          (select distinct on (dd.device_id) dd.status from device_deployments dd where dd.deployment_id = d.id
            order by dd.device_id, dd.deleted is null desc, dd.created desc)
          union all
          select 'pending' from deployment_targets t join deployment_progress p on p.deployment_id = t.deployment_id
          where t.deployment_id = d.id and not p.was_aborted and not exists (
            select 1 from device_deployments dd where dd.deployment_id = d.id and dd.device_id = t.device_id)
        ) as each_device group by status) as by_status) as statuses,
      array(select (select count(distinct dd.device_id)::int from device_deployments dd
        where dd.deployment_id = d.id and dd.phase_index = f.phase_index)
        from deployment_phases f where f.deployment_id = d.id order by f.phase_index) as phases
    from deployments d order by d.id`)
  const comparable = ({ statuses, ...counts }: Counts) => ({
    ...counts,
    statuses: Object.fromEntries(DEVICE_STATUSES.map((status) => [status, statuses[status] ?? 0])),
  })
  expect(kept.map(comparable)).toEqual(counted.map(comparable))
}
