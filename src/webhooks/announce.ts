import { randomUUID } from 'node:crypto'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Announcement } from './webhook-event.ts'

/** Whether the tenant has an integration: most have none, and pay for this look-up only. */
export const isAnyoneListening = async (tx: Db, tenant_id: string): Promise<boolean> =>
  (await tx.first(sql`select 1 from integrations where tenant_id = ${tenant_id} limit 1`)) !== undefined

/**
 * Stores what is to be sent, in the transaction of the change itself: if the change is acknowledged, the event will be
 * sent, to the integrations that ask for its type. Without an integration nothing is stored; with one, also events of
 * types that none asks for: by them it is known what has been announced. The caller holds a lock by which changes of the
 * subject follow each other, so that their events have increasing times, and are sent in that order. Locks the rows of
 * streams: only senders lock them without the lock of the subject, and nothing that others hold while they wait for one.
 */
export async function announce(tx: Db, tenant_id: string, announcements: readonly Announcement[]): Promise<void> {
  if (announcements.length === 0 || !(await isAnyoneListening(tx, tenant_id))) return
  const rows = announcements.map((one) => ({ ...one, id: randomUUID() }))
  // Not the time of the event: after a clock was set back, that is yet to come.
  const earliest = announcements.map(({ at }) => at).sort()[0]
  await tx.query(sql`
    with targets as (select id, events from integrations where tenant_id = ${tenant_id}),
    stored as (
      insert into webhook_events (tenant_id, subject, time, id, type, data)
      select ${tenant_id}, n.subject,
        greatest(n.at, (
          select max(e.time) + interval '1 millisecond' from webhook_events e
          where e.tenant_id = ${tenant_id} and e.subject = n.subject))
          + (row_number() over (partition by n.subject order by n.ordinality) - 1) * interval '1 millisecond',
        n.id, n.type, n.data
      from rows from (json_to_recordset(${JSON.stringify(rows)}) as (subject text, at timestamptz, id text, type text,
        data jsonb)) with ordinality as n
      where exists (select from targets)
      returning subject, time, type
    ),
    wanted as (
      select s.subject, s.time, t.id as integration_id from targets t
        join stored s on t.events is null or s.type = any(t.events)
    ),
    streams as (
      insert into webhook_streams (tenant_id, integration_id, subject, next_attempt)
      select distinct ${tenant_id}, w.integration_id, w.subject, ${earliest}::timestamptz from wanted w
      order by w.integration_id, w.subject
      on conflict (tenant_id, integration_id, subject) do update set subject = excluded.subject
    )
    insert into webhook_deliveries (tenant_id, subject, time, integration_id)
    select ${tenant_id}, w.subject, w.time, w.integration_id from wanted w`)
}
