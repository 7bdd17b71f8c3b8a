import { WITH_CHECK_INS } from '../../auth/devices/check-in-time.ts'
import type { Db } from '../../db/db.ts'
import { raw, sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { type FleetCounts, MAX_KINDS } from '../fleet-timeline.ts'
import { BY_LAST_REPORT, BY_STATUS, lastReport } from './count-fleet.ts'

const INTERVAL_MS = 5 * 60 * 1000
/** Counting takes at most one part in this many of the time. */
const SHARE = 100

/**
 * Counts the devices of each tenant whose last sample is old enough, for the timeline of its fleet. Reads every device,
 * on the replica if there is one. Several processes may run this at once.
 */
export async function sampleFleets(env: Pick<Env, 'db' | 'now'>, stop: AbortSignal): Promise<void> {
  for (const tenant_id of await findDue(env.db, nowText(env))) {
    if (stop.aborted) return
    const began = performance.now()
    const now = nowText(env)
    const counts = await env.db.reads.snapshot((tx) => count(tx, tenant_id, now))
    if (Object.values(counts.by_status).every((devices) => devices === 0)) continue
    const took_ms = Math.round(performance.now() - began)
    await env.db.query(sql`
      insert into fleet_samples (tenant_id, time, took_ms, counts)
      values (${tenant_id}, ${now}, ${took_ms}, ${JSON.stringify(counts)}::jsonb) on conflict do nothing`)
  }
}

async function findDue(db: Db, now: string): Promise<string[]> {
  const rows = await db.query<{ tenant_id: string }>(sql`
    select t.tenant_id from tenants t
    where coalesce((
      select ${now}::timestamptz - s.time >= greatest(${INTERVAL_MS}, s.took_ms * ${SHARE}) * interval '1 millisecond'
      from fleet_samples s where s.tenant_id = t.tenant_id order by s.time desc limit 1
    ), true)
    order by t.tenant_id`)
  return rows.map(({ tenant_id }) => tenant_id)
}

async function count(db: Db, tenant_id: string, now: string): Promise<FleetCounts> {
  // With parallel workers it would take all processors for as long as it takes, every few minutes.
  await db.query(raw('set local max_parallel_workers_per_gather = 0'))
  const found = await db.first<FleetCounts>(statement(tenant_id, now))
  if (!found) throw new Error('the fleet was not counted')
  return found
}

/** One scan, as in `count-fleet.ts`, with the device type. */
const statement = (tenant_id: string, now: string) => sql`
  with kinds as materialized (
    select d.status, ${lastReport(now)} as last_report,
      c.at >= date_trunc('day', ${now}::timestamptz, 'UTC') as is_seen,
      d.attributes #>> '{inventory,artifact_name}' as artifact_name,
      d.attributes #>> '{inventory,device_type}' as device_type, count(*) as count
    from devices d ${WITH_CHECK_INS} where d.tenant_id = ${tenant_id} group by 1, 2, 3, 4, 5
  ), accepted as (
    select last_report, is_seen, artifact_name, device_type, count from kinds where status = 'accepted'
  ), software as materialized (
    select artifact_name, device_type, sum(count) as count from accepted where artifact_name is not null group by 1, 2
  ), most_frequent as (
    select artifact_name, device_type, count from software
    order by count desc, artifact_name collate "C", device_type collate "C" limit ${MAX_KINDS}
  )
  select ${BY_STATUS}, ${BY_LAST_REPORT},
    (select coalesce(sum(count), 0)::bigint from accepted where is_seen) as seen_today,
    (select coalesce(json_agg(f order by count desc, artifact_name collate "C", device_type collate "C"), '[]')
      from most_frequent f) as software,
    ((select coalesce(sum(count), 0) from software) - (select coalesce(sum(count), 0) from most_frequent))::bigint as others,
    (select coalesce(sum(count), 0)::bigint from accepted where artifact_name is null) as unknown`
