import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'

const BATCH_SIZE = 1000
const DAY_MS = 24 * 60 * 60 * 1000

/** What a gate waits for is announced once, which its event says: it is kept as long as the gate may wait. */
const IS_OVER = sql`not (
  o.type = 'deployment-gate-waiting' and exists (
    select from deployment_progress p where p.tenant_id = o.tenant_id and 'deployment:' || p.deployment_id = o.subject
      and p.finished is null))`

/**
 * Deletes events that are older than this number of days with their deliveries, and what is kept of integrations that
 * do not exist any more. Several processes may run it at the same time, and it may stop at any point.
 */
export async function pruneWebhooks(
  { db, now }: Pick<Env, 'db' | 'now'>,
  days: number,
  stop: AbortSignal,
): Promise<void> {
  const before = new Date(now().getTime() - days * DAY_MS).toISOString()
  const pruneEvents = () =>
    db.query(sql`
      delete from webhook_events e using (
        select tenant_id, subject, time from webhook_events o where time < ${before} and ${IS_OVER}
        order by time limit ${BATCH_SIZE} for update skip locked
      ) as batch
      where e.tenant_id = batch.tenant_id and e.subject = batch.subject and e.time = batch.time returning 1`)
  const pruneStreams = () =>
    db.query(sql`
      delete from webhook_streams s using (
        select tenant_id, integration_id, subject from webhook_streams o
        where not exists (select from integrations i where i.tenant_id = o.tenant_id and i.id = o.integration_id)
        limit ${BATCH_SIZE} for update skip locked
      ) as batch
      where s.tenant_id = batch.tenant_id and s.integration_id = batch.integration_id and s.subject = batch.subject
      returning 1`)
  await db.query(sql`
    delete from webhook_failures f
    where not exists (select from integrations i where i.tenant_id = f.tenant_id and i.id = f.integration_id)`)
  for (const prune of [pruneEvents, pruneStreams]) while (!stop.aborted && (await prune()).length > 0);
}
