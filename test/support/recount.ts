import { expect } from 'vitest'
import type { Db } from '../../src/db/db.ts'
import { sql } from '../../src/db/sql.ts'
import { DEVICE_STATUSES, FINAL_STATUSES } from '../../src/deployments/device-status.ts'
import { countersOf, standingsOf } from '../../src/deployments/rows/counter-columns.ts'
import { STANDINGS } from '../../src/deployments/standing.ts'
import { gathered } from './gathered.ts'

/** Numbers of devices by status and by standing. */
type Counters = Record<string, number>
type Counts = {
  id: string
  device_count: number
  total_size: number
  counters: Counters
  phases: { device_count: number; counters: Counters }[]
}

/**
 * Expects all counters of deployments and phases with history to equal a count of their devices by newest row. A row
 * whose history was deleted counts as it is, unless the device has a newer one.
 */
export const expectCountersToEqualRows = (db: Db): Promise<void> => gathered(db, compareCounters)

async function compareCounters(db: Db): Promise<void> {
  const kept = await db.query<Counts>(sql`
    select d.id, p.device_count, p.total_size, ${countersOf('p')} || ${standingsOf('p')} as counters, array(
      select jsonb_build_object('device_count', f.device_count, 'counters', ${countersOf('f')} || ${standingsOf('f')})
      from deployment_phases f where f.deployment_id = d.id order by f.phase_index) as phases
    from deployments d join deployment_progress p on p.deployment_id = d.id where p.history = 'kept' order by d.id`)
  const counted = await db.query<Counts>(sql`
    with newest as (
      select distinct on (deployment_id, device_id) deployment_id, device_id, phase_index, status,
        ${STANDING} as standing
      from effective_device_deployments
      order by deployment_id, device_id, deleted is null desc, created desc
    ), counted as (
      select deployment_id, phase_index, status as counter from newest
      union all select deployment_id, phase_index, standing from newest where standing is not null
    )
    select d.id,
      (select count(*) from newest n where n.deployment_id = d.id)::int as device_count,
      (select coalesce(sum((dd.image ->> 'size')::bigint), 0)::bigint from device_deployments dd
        where dd.deployment_id = d.id and dd.status not in ('noartifact', 'already-installed')) as total_size,
      (select coalesce(jsonb_object_agg(counter, n), '{}') from (
        select counter, count(*)::int as n from (
          select c.counter from counted c where c.deployment_id = d.id
          union all
          select 'pending' from listed_devices t join deployment_progress p on p.deployment_id = t.deployment_id
          where t.deployment_id = d.id and not p.was_aborted and not exists (
            select 1 from device_deployments dd where dd.deployment_id = d.id and dd.device_id = t.device_id)
        ) as each_device group by counter) as by_counter) as counters,
      array(
        select jsonb_build_object(
          'device_count', (select count(*) from newest n
            where (n.deployment_id, n.phase_index) = (d.id, f.phase_index)),
          'counters', coalesce((select jsonb_object_agg(counter, n) from (
            select counter, count(*)::int as n from counted c
            where (c.deployment_id, c.phase_index) = (d.id, f.phase_index) group by counter) as by_counter), '{}'))
        from deployment_phases f where f.deployment_id = d.id order by f.phase_index) as phases
    from deployments d join deployment_progress p on p.deployment_id = d.id where p.history = 'kept' order by d.id`)
  expect(kept.map(comparable)).toEqual(counted.map(comparable))
}

/** As `standingOf` says. */
const STANDING = sql`
  case
    when status = 'success' and confirmation = 'awaited' then 'unconfirmed'
    when status = 'success' and confirmation = 'missed' then 'confirmation_missed'
    when status = any(${[...FINAL_STATUSES]}::text[]) then null
    when timed_out is not null then 'timed_out'
    when not attempt_begun then 'awaiting_retry'
  end`

const comparable = ({ counters, phases, ...counts }: Counts) => ({
  ...counts,
  counters: withZeros(counters),
  phases: phases.map((phase) => ({ ...phase, counters: withZeros(phase.counters) })),
})

const withZeros = (counters: Counters) =>
  Object.fromEntries([...DEVICE_STATUSES, ...STANDINGS].map((counter) => [counter, counters[counter] ?? 0]))
