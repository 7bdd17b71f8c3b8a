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

/** Stores the counters of those deployments whose counters differ from their last sample. */
export const insertSamples = (db: Db, now: string) =>
  db.query(sql`
    insert into deployment_samples (tenant_id, deployment_id, time, counters)
    select p.tenant_id, p.deployment_id, ${now}, c.counters
    from deployment_progress p
      cross join lateral (select ${countedOf('p')} as counters) c
      left join lateral (
        select s.counters from deployment_samples s
        where s.tenant_id = p.tenant_id and s.deployment_id = p.deployment_id order by s.time desc limit 1
      ) last on true
    where (p.finished is null or (p.history = 'kept' and p.finished > ${now}::timestamptz - ${CORRECTED_FOR}))
      and last.counters is distinct from c.counters
    on conflict do nothing`)

export type Sample = { time: string; counters: Counted }

/** In the order of time. */
export const readSamples = (db: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  db.query<Sample>(sql`
    select time, counters from deployment_samples
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} order by time`)
