import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'

type StreamKey = { tenant_id: string; integration_id: string; subject: string }

/** A stream that this process alone sends until the lease ends. */
export type Stream = StreamKey & { lease: string }

type Request = {
  /** A new name, by which the lease is recognized. */
  lease: string
  lease_ms: number
  now: string
  /** How many streams of one integration one process sends at a time. */
  per_integration: number
  /** How many more this process may send at all. */
  room: number
  /** How many it is sending, by integration. */
  busy: readonly { tenant_id: string; integration_id: string; count: number }[]
}

/**
 * Takes streams that are due and that no process is sending: a few of each integration, and first of those to which
 * least is being sent, so that a slow one holds up no other. While nothing is to be sent, this is one look at an empty
 * table.
 */
export const claimStreams = (
  db: Db,
  { lease, lease_ms, now, per_integration, room, busy }: Request,
): Promise<Stream[]> =>
  db.query<Stream>(sql`
    with due as materialized (
      select s.tenant_id, s.integration_id, s.subject
      from (
          select i.tenant_id, i.id, coalesce(b.count, 0) as busy from integrations i
            left join json_to_recordset(${JSON.stringify(busy)}) as b (tenant_id text, integration_id text, count int)
              on b.tenant_id = i.tenant_id and b.integration_id = i.id
          order by busy, random()
        ) as i
        cross join lateral (
          select w.tenant_id, w.integration_id, w.subject from webhook_streams w
          where w.tenant_id = i.tenant_id and w.integration_id = i.id and w.next_attempt <= ${now}
            and (w.leased_until is null or w.leased_until < clock_timestamp())
          order by w.next_attempt limit greatest(0, ${per_integration}::int - i.busy)
          for update skip locked
        ) as s
      where exists (select from webhook_streams)
      limit ${room}
    )
    update webhook_streams s set lease = ${lease},
      leased_until = clock_timestamp() + ${lease_ms}::int * interval '1 millisecond'
    from due where s.tenant_id = due.tenant_id and s.integration_id = due.integration_id and s.subject = due.subject
    returning s.tenant_id, s.integration_id, s.subject, s.lease`)
