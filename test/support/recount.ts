import { expect } from 'vitest'
import type { Db } from '../../src/db/db.ts'
import { sql } from '../../src/db/sql.ts'
import { ACTIVE_STATUSES, DEVICE_STATUSES } from '../../src/deployments/device-status.ts'
import { countersOf, standingsOf } from '../../src/deployments/rows/counter-columns.ts'
import { STANDINGS } from '../../src/deployments/standing.ts'

type Statuses = Record<string, number>
type Group = { device_count: number; statuses: Statuses; standings: Statuses }
type Counts = Group & { id: string; total_size: number; phases: Group[] }

/** As `standingOf` derives it. */
const STANDING = sql`
  case when status = 'success' and confirmation = 'awaited' then 'unconfirmed'
    when status = 'success' and confirmation = 'missed' then 'confirmation_missed'
    when status = any(${ACTIVE_STATUSES}) and timed_out is not null then 'timed_out'
    when status = any(${ACTIVE_STATUSES}) and not attempt_begun then 'awaiting_retry' end`

/** Expects all counters of deployments and phases with history to equal a count of their devices by newest row. */
export async function expectCountersToEqualRows(db: Db): Promise<void> {
  const kept = await db.query<Counts>(sql`
    select d.id, p.device_count, p.total_size, ${countersOf('p')} as statuses, ${standingsOf('p')} as standings, array(
      select jsonb_build_object('device_count', f.device_count, 'statuses', ${countersOf('f')},
        'standings', ${standingsOf('f')})
      from deployment_phases f where f.deployment_id = d.id order by f.phase_index) as phases
    from deployments d join deployment_progress p on p.deployment_id = d.id where p.history = 'kept' order by d.id`)
  const counted = await db.query<Counts>(sql`
    with newest as (
      select distinct on (deployment_id, device_id) deployment_id, device_id, phase_index, status,
        ${STANDING} as standing
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
      (select coalesce(jsonb_object_agg(standing, n), '{}') from (
        select standing, count(*)::int as n from newest n where n.deployment_id = d.id and standing is not null
        group by 1) as by_standing) as standings,
      array(
        select jsonb_build_object(
          'device_count', (select count(*)::int from newest n
            where n.deployment_id = d.id and n.phase_index = f.phase_index),
          'statuses', (select coalesce(jsonb_object_agg(status, n), '{}') from (
            select status, count(*)::int as n from newest n
            where n.deployment_id = d.id and n.phase_index = f.phase_index group by 1) as by_status),
          'standings', (select coalesce(jsonb_object_agg(standing, n), '{}') from (
            select standing, count(*)::int as n from newest n
            where n.deployment_id = d.id and n.phase_index = f.phase_index and standing is not null
            group by 1) as by_standing))
        from deployment_phases f where f.deployment_id = d.id order by f.phase_index) as phases
    from deployments d join deployment_progress p on p.deployment_id = d.id where p.history = 'kept' order by d.id`)
  expect(kept.map(comparable)).toEqual(counted.map(comparable))
}

const comparable = ({ phases, ...counts }: Counts) => ({ ...withZeros(counts), phases: phases.map(withZeros) })

const withZeros = <Counted extends Group>({ statuses, standings, ...rest }: Counted) => ({
  ...rest,
  statuses: complete(DEVICE_STATUSES, statuses),
  standings: complete(STANDINGS, standings),
})

const complete = (names: readonly string[], counts: Statuses) =>
  Object.fromEntries(names.map((name) => [name, counts[name] ?? 0]))
