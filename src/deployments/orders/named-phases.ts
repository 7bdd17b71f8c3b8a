import type { Db } from '../../db/db.ts'
import { join, raw, type Sql, sql } from '../../db/sql.ts'
import { invalidField } from '../../errors.ts'
import { termsToSql } from '../../inventory/filters/filter-to-sql.ts'
import type { NamedDevices, PlannedPhase, ReadPhase } from '../phases.ts'
import { RANK_DIGITS } from '../rollout/rank.ts'
import type { Members } from './find-target.ts'
import { requireFilter } from './require-filter.ts'

export type NamedPhase = { named: NamedDevices | null }

/** The devices that each phase names, with copies of the saved filters. */
export async function resolveNamed(
  db: Db,
  tenant_id: string,
  phases: readonly ReadPhase[],
): Promise<(NamedDevices | null)[]> {
  const resolved: (NamedDevices | null)[] = []
  for (const [i, { named }] of phases.entries())
    resolved.push(
      named?.filter_id
        ? { filter: await requireFilter(db, tenant_id, named.filter_id, `phases.${i}.filter_id`) }
        : (named as NamedDevices | null),
    )
  return resolved
}

/**
 * The number of target devices that each phase names; null: it names none. A device that two phases name belongs to the
 * first. Throws if a phase names devices by their ids and none of them is a target.
 */
export async function countNamed(
  db: Db,
  members: Members,
  named: readonly (NamedDevices | null)[],
): Promise<(number | null)[]> {
  if (named.every((devices) => devices === null)) return named.map(() => null)
  const rows = await db.query<{ phase: number; count: number }>(sql`
    select phase, count(*) as count from (select ${phaseSql(named, members)} as phase from ${members.from}) as placed
    where phase is not null group by phase`)
  const counts = named.map((devices, i) =>
    devices === null ? null : (rows.find(({ phase }) => phase === i)?.count ?? 0),
  )
  const nobody = named.findIndex((devices, i) => devices?.device_ids && counts[i] === 0)
  if (nobody >= 0) throw invalidField(`phases.${nobody}.device_ids`, 'none of them is a target of the deployment')
  return counts
}

/** The index of the phase that names a device; null: none does. */
function phaseSql(named: readonly (NamedDevices | null)[], { id }: Members): Sql {
  const cases = named.flatMap((devices, i) => (devices ? [sql`when ${includes(devices, id)} then ${i}::int`] : []))
  return cases.length === 0 ? raw('null::int') : sql`case ${join(cases, raw(' '))} end`
}

const includes = (devices: NamedDevices, id: Sql): Sql =>
  devices.filter
    ? sql`coalesce(d.status = 'accepted' and ${termsToSql(devices.filter.terms)}, false)`
    : sql`${id} = any(${devices.device_ids}::text[])`

type Ranking = { deployment_id: string; members: Members; phases: readonly (PlannedPhase & NamedPhase)[] }

/** Higher than every rank. */
const NO_RANK = 2 ** (RANK_DIGITS * 4)

/**
 * The rank at which each phase ends, so that each has exactly its number of devices at creation; null: it names devices,
 * or is the last.
 */
export async function rankBounds(db: Db, ranking: Ranking): Promise<(number | null)[]> {
  const { deployment_id, members, phases } = ranking
  const last = phases.findLastIndex(({ named }) => named === null)
  const positions = new Map<number, number>()
  let before = 0
  phases.forEach(({ named, capacity }, i) => {
    if (named !== null || i === last) return
    before += capacity ?? 0
    positions.set(i, before + 1)
  })
  const named = phases.map((phase) => phase.named)
  const rows = await db.query<{ position: number; rank: number }>(sql`
    select position, rank from (
      select rank, row_number() over (order by rank) as position from (
        select ${rankSql(deployment_id, members.id)} as rank, ${phaseSql(named, members)} as phase from ${members.from}
      ) as ranked where phase is null
    ) as ordered
    where position = any(${[...positions.values()]}::int[])`)
  const ranks = new Map(rows.map(({ position, rank }) => [position, rank]))
  return phases.map((_, i) => {
    const position = positions.get(i)
    return position === undefined ? null : (ranks.get(position) ?? NO_RANK)
  })
}

/** As `rankOf` computes it. */
const rankSql = (deployment_id: string, id: Sql): Sql => sql`
  ('x' || left(encode(sha256(convert_to(${deployment_id} || '/' || ${id}, 'UTF8')), 'hex'),
    ${RANK_DIGITS}::int))::bit(52)::bigint`
