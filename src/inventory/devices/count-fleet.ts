import { WITH_CHECK_INS } from '../../auth/devices/check-in-time.ts'
import { findSharedIdentities } from '../../auth/devices/shared-identities.ts'
import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { cachedIfLarge } from '../../db/memory/cached-if-large.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { type Fleet, MAX_VERSIONS } from '../fleet.ts'

const fleets = cachedIfLarge<Env, Viewer, Fleet>(count, {
  name: ({ tenant_id, scope: { groups } }) => JSON.stringify([tenant_id, groups && [...groups].sort()]),
  isLarge: 'always',
})

/** Callers that see the same devices share one count. */
export const countFleet = (env: Env, viewer: Viewer): Promise<Fleet> => fleets.get(env, viewer)

async function count(env: Env, viewer: Viewer): Promise<Fleet> {
  const { reads: db } = env.db
  const now = nowText(env)
  const [found, shared_identities] = await Promise.all([
    db.first<Omit<Fleet, 'shared_identities'>>(statement(viewer, now)),
    findSharedIdentities(db, viewer, now),
  ])
  if (!found) throw new Error('the fleet was not counted')
  return { ...found, shared_identities }
}

/** Devices are scanned once, in parallel if the fleet is large. The rest aggregates the few groups of equal devices. */
const statement = (viewer: Viewer, now: string) => sql`
  with kinds as materialized (
    select d.status, ${lastReport(now)} as last_report,
      -- A device that was accepted recently had no time to report yet.
      d.status = 'accepted' and greatest(c.at, d.updated_ts) <= ${now}::timestamptz - interval '7 days'
        as is_silent,
      d.attributes #>> '{inventory,artifact_name}' as artifact_name, count(*) as count
    from devices d ${WITH_CHECK_INS} where d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)} group by 1, 2, 3, 4
  ), accepted as (
    select last_report, artifact_name, count from kinds where status = 'accepted'
  ), versions as materialized (
    select artifact_name, sum(count) as count from accepted where artifact_name is not null group by artifact_name
  ), most_frequent as (
    select artifact_name, count from versions order by count desc, artifact_name collate "C" limit ${MAX_VERSIONS}
  )
  select ${BY_STATUS}, ${BY_LAST_REPORT},
    (select coalesce(sum(count), 0)::bigint from kinds where is_silent) as silent,
    json_build_object(
      'versions', (
        select coalesce(json_agg(f order by count desc, artifact_name collate "C"), '[]') from most_frequent f),
      'others', (select coalesce(sum(count), 0) from versions) - (select coalesce(sum(count), 0) from most_frequent),
      'other_versions', (select count(*) from versions) - (select count(*) from most_frequent),
      'unknown', (select coalesce(sum(count), 0) from accepted where artifact_name is null)) as software`

/** The time of the last report of a device with the check-in `c`, as one of `AGES`. */
export const lastReport = (now: string): Sql => sql`
  case when c.at is null then 'never'
    when c.at > ${now}::timestamptz - interval '1 hour' then 'hour'
    when c.at > ${now}::timestamptz - interval '1 day' then 'day'
    when c.at > ${now}::timestamptz - interval '7 days' then 'week'
    else 'longer' end`

const STATUSES = ['accepted', 'pending', 'rejected', 'preauthorized', 'noauth']
const AGES = ['hour', 'day', 'week', 'longer', 'never']

/** Of the rows of `kinds`, each with its `status` and `count`. */
export const BY_STATUS = sql`(
  select json_object_agg(status, coalesce(count, 0)) from unnest(${STATUSES}::text[]) as status
    left join (select status, sum(count) as count from kinds group by status) s using (status)) as by_status`

/** Of the rows of `accepted`, each with its `last_report` and `count`. */
export const BY_LAST_REPORT = sql`(
  select json_object_agg(last_report, coalesce(count, 0)) from unnest(${AGES}::text[]) as last_report
    left join (select last_report, sum(count) as count from accepted group by last_report) s using (last_report))
  as by_last_report`
