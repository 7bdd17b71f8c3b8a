import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'

const BATCH_SIZE = 1000
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Deletes events older than this number of days from the audit log. Several processes may run it at the same time, and
 * it may stop at any point.
 */
export async function pruneEvents(
  { db, now }: Pick<Env, 'db' | 'now'>,
  days: number,
  stop: AbortSignal,
): Promise<void> {
  const before = new Date(now().getTime() - days * DAY_MS).toISOString()
  for (const { tenant_id } of await db.query<{ tenant_id: string }>(sql`select tenant_id from tenants`)) {
    const prune = () =>
      db.query(sql`
        with removed as (
          delete from events e using (
            select time from events where tenant_id = ${tenant_id} and time < ${before}
            order by time limit ${BATCH_SIZE} for update skip locked
          ) as batch
          where e.tenant_id = ${tenant_id} and e.time = batch.time returning 1
        )
        update tenants set event_count = event_count - (select count(*) from removed)
        where tenant_id = ${tenant_id} and exists (select 1 from removed) returning 1`)
    while (!stop.aborted && (await prune()).length > 0);
  }
}
