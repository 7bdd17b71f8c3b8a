import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { cachedIfLarge } from '../../db/memory/cached-if-large.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { termsToSql } from '../filters/filter-to-sql.ts'
import { MAX_DEVICE_TYPES, type SoftwareUse } from '../software-use.ts'
import { stepOf } from './sample-steps.ts'

type Wanted = { viewer: Viewer; artifact_name: string }

const uses = cachedIfLarge<Env, Wanted, SoftwareUse>(find, {
  name: ({ viewer: { tenant_id, scope }, artifact_name }) =>
    JSON.stringify([tenant_id, scope.groups && [...scope.groups].sort(), artifact_name]),
  isLarge: 'always',
})

/** How many devices have an artifact now and had it before. Callers that see the same devices share one count. */
export const findSoftwareUse = (env: Env, viewer: Viewer, artifact_name: string): Promise<SoftwareUse> =>
  uses.get(env, { viewer, artifact_name })

async function find(env: Env, { viewer, artifact_name }: Wanted): Promise<SoftwareUse> {
  const sees_all = viewer.scope.groups === null
  const [present, past] = await Promise.all([
    findPresent(env, viewer, artifact_name),
    sees_all ? findPast(env, viewer, artifact_name) : undefined,
  ])
  return { artifact_name, ...present, ...(past && { past }) }
}

async function findPresent({ db }: Env, viewer: Viewer, artifact_name: string) {
  const runs = termsToSql([{ scope: 'inventory', attribute: 'artifact_name', type: '$eq', value: artifact_name }])
  const types = await db.reads.query<SoftwareUse['device_types'][number]>(sql`
    select device_type, count from (
      select d.attributes #>> '{inventory,device_type}' as device_type, count(*) as count from devices d
      where d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)} and d.status = 'accepted' and ${runs} group by 1
    ) as types order by count desc, device_type collate "C"`)
  const count = types.reduce((sum, one) => sum + one.count, 0)
  return { count, device_types: types.slice(0, MAX_DEVICE_TYPES) }
}

type Span = { counted_since: string | null; first_seen: string | null }

async function findPast(env: Env, { tenant_id }: Viewer, artifact_name: string): Promise<SoftwareUse['past']> {
  const { reads } = env.db
  const has = JSON.stringify([{ artifact_name }])
  const span = await reads.first<Span>(sql`
    select (select min(time) from fleet_samples where tenant_id = ${tenant_id}) as counted_since,
      (select time from fleet_samples where tenant_id = ${tenant_id} and counts -> 'software' @> ${has}::jsonb
        order by time limit 1) as first_seen`)
  if (!span?.counted_since) return { points: [] }
  const { counted_since, first_seen } = span
  if (!first_seen) return { counted_since, points: [] }
  const step_s = stepOf(first_seen, nowText(env))
  const points = await reads.query<{ time: string; count: number }>(sql`
    select time, coalesce((
      select sum((kind ->> 'count')::bigint) from jsonb_array_elements(counts -> 'software') as kind
      where kind ->> 'artifact_name' = ${artifact_name}
    ), 0)::bigint as count
    from (
      select distinct on (step) time, counts from (
        select floor(extract(epoch from time) / ${step_s}::int) as step, time, counts from fleet_samples
        where tenant_id = ${tenant_id} and time >= ${first_seen}
      ) as samples order by step, time desc
    ) as last_of_step order by time`)
  return { counted_since, first_seen, points }
}
