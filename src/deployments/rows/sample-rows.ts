import type { Db } from '../../db/db.ts'
import { join, raw, type Sql, sql } from '../../db/sql.ts'
import { DEVICE_STATUSES } from '../device-status.ts'
import { STANDINGS } from '../standing.ts'
import type { Counted } from '../timeline.ts'
import type { DeploymentKey } from './deployment-key.ts'

/** The counters of a progress row under its alias that are not 0, as one JSON object. */
const countedOf = (alias: string): Sql => {
  const columns = ['device_count', ...DEVICE_STATUSES, ...STANDINGS]
  const pairs = columns.map((column) => raw(`'${column}', nullif(${alias}."${column}", 0)`))
  return sql`jsonb_strip_nulls(jsonb_build_object(${join(pairs)}))`
}

/** Corrections that devices report later than this after the end are not in the timeline. */
const CORRECTED_FOR = sql`interval '30 days'`

/** The first samples of a deployment may be less than a minute apart, and are kept for 90 days. */
const FINE_SAMPLES = 120
/** They are thinned out together with those that stand for an hour. */
const FINE_STEP_S = 60 * 60

/**
 * Stores the counters of those deployments whose counters differ from their last sample; `active_only`: of those that
 * have not finished. The first sample after the end is one of the end.
 */
export function insertSamples(db: Db, now: string, { active_only }: { active_only: boolean }) {
  const is_read = active_only
    ? sql`p.finished is null`
    : sql`(p.finished is null or (p.history = 'kept' and p.finished > ${now}::timestamptz - ${CORRECTED_FOR}))`
  return db.query(sql`
    insert into deployment_samples (tenant_id, deployment_id, time, step, counters)
    select p.tenant_id, p.deployment_id,
      case when coalesce(last.time, '-infinity') < p.finished then p.finished else ${now} end,
      case when fine.time is null then ${FINE_STEP_S}::int else 0 end, c.counters
    from deployment_progress p
      cross join lateral (select ${countedOf('p')} as counters) c
      left join lateral (
        select s.counters, s.time from deployment_samples s
        where s.tenant_id = p.tenant_id and s.deployment_id = p.deployment_id order by s.time desc limit 1
      ) last on true
      left join lateral (
        select s.time from deployment_samples s
        where s.tenant_id = p.tenant_id and s.deployment_id = p.deployment_id
        order by s.time offset ${FINE_SAMPLES - 1}::int limit 1
      ) fine on true
    where ${is_read} and last.counters is distinct from c.counters
      and (fine.time is null or last.time <= ${now}::timestamptz - interval '1 minute')
    on conflict do nothing`)
}

export type Sample = { time: string; counters: Counted }

/** In the order of time. */
export const readSamples = (db: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  db.query<Sample>(sql`
    select time, counters from deployment_samples
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} order by time`)
