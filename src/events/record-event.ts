import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Event } from './event.ts'
import { completeCreation } from './idempotency/complete-creation.ts'
import type { Creation } from './idempotency/creation.ts'

/**
 * Who caused an event: a user, the operator at the command line, or the server itself (`system`, without an e-mail).
 * `creation`: the request has an idempotency key.
 */
export type EventActor = {
  tenant_id: string
  user_id: string
  email: string
  type?: 'system'
  creation?: Creation | undefined
}

/**
 * `ids`: further objects of the event, such as the devices of a group. The audit log can be queried by them too.
 * `created_id`: what the request has created, if that is not the object of the event.
 */
export type NewEvent = Omit<Event, 'actor'> & { at: Date; ids?: readonly string[]; created_id?: string }

/**
 * Records an event in the transaction of the change itself, so that neither is there without the other, and with it
 * what a request with an idempotency key has created. Locks the tenant's row, as the last lock of the transaction: the
 * times of a tenant's events are strictly increasing.
 */
export async function recordEvent(
  tx: Db,
  { tenant_id, user_id, email, type, creation }: EventActor,
  { at, action, object, change, ids = [], created_id = object.id }: NewEvent,
): Promise<void> {
  const actor: Event['actor'] = type ? { id: user_id, type } : { id: user_id, type: 'user', email }
  if (creation) await completeCreation(tx, { tenant_id, user_id, creation, created_id })
  await tx.query(sql`
    with moment as (
      update tenants set event_count = event_count + 1,
        last_event_time = greatest(${at.toISOString()}::timestamptz, last_event_time + interval '1 millisecond')
      where tenant_id = ${tenant_id} returning last_event_time
    )
    insert into events (tenant_id, time, actor, action, object_type, object_id, object, change, object_ids)
    select ${tenant_id}, last_event_time, ${JSON.stringify(actor)}, ${action}, ${object.type}, ${object.id},
      ${JSON.stringify(object)}, ${change ?? null}, ${ids.length > 0 ? ids : null}::text[]
    from moment`)
}
