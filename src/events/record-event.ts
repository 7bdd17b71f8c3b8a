import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Event } from './event.ts'

/** `ids`: what else it was done to. */
export type NewEvent = Event & { ids?: readonly string[] }

/**
 * Records within the transaction of what happened, so that neither is there without the other. Takes the tenant's row
 * as the last lock of the transaction: its times are strictly increasing.
 */
export async function recordEvent(tx: Db, tenant_id: string, now: Date, event: NewEvent): Promise<void> {
  await tx.query(sql`
    with moment as (
      update tenants set event_count = event_count + 1,
        last_event_time = greatest(${now.toISOString()}::timestamptz, last_event_time + interval '1 millisecond')
      where tenant_id = ${tenant_id} returning last_event_time
    )
    insert into events (tenant_id, time, actor, action, object_type, object_id, object, change, object_ids)
    select ${tenant_id}, last_event_time, ${JSON.stringify(event.actor)}, ${event.action},
      ${event.object.type}, ${event.object.id}, ${JSON.stringify(event.object)}, ${event.change ?? null},
      ${event.ids && event.ids.length > 0 ? event.ids : null}::text[]
    from moment`)
}
