import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { type Env, nowText } from '../env.ts'
import { deliveryNotFound, integrationNotFound } from '../errors.ts'
import { eventObject } from '../events/event.ts'
import { type EventActor, recordEvent } from '../events/record-event.ts'
import { originOf } from './target.ts'

type Request = { integration_id: string; event_id: string }

/**
 * Sends an event to an integration again, or at once if it waits for its next attempt. Of one that was delivered or
 * given up, the order is no longer that of the events.
 */
export async function redeliverEvent(
  env: Env,
  actor: EventActor,
  { integration_id, event_id }: Request,
): Promise<void> {
  const { tenant_id } = actor
  await env.db.transaction(async (tx) => {
    const integration = await tx.first<{ url: string }>(sql`
      select url from integrations where tenant_id = ${tenant_id} and id = ${integration_id}`)
    if (!integration) throw integrationNotFound()
    const delivery = await findDelivery(tx, { tenant_id, integration_id, event_id })
    if (!delivery) throw deliveryNotFound()
    const { subject, time, type } = delivery
    // Locks: the subject, the stream, its delivery, the tenant (docs/architecture.md, "Lock order").
    await lockSubject(tx, tenant_id, subject)
    await tx.query(sql`
      insert into webhook_streams (tenant_id, integration_id, subject, next_attempt)
      values (${tenant_id}, ${integration_id}, ${subject}, ${nowText(env)})
      on conflict (tenant_id, integration_id, subject)
        do update set attempts = 0, next_attempt = excluded.next_attempt`)
    await tx.query(sql`
      update webhook_deliveries set state = 'pending'
      where tenant_id = ${tenant_id} and subject = ${subject} and time = ${time}
        and integration_id = ${integration_id}`)
    const object = eventObject('integration', integration_id, { provider: 'webhook', name: originOf(integration.url) })
    const change = `Sent the event ${event_id} (${type}) again`
    await recordEvent(tx, actor, { at: env.now(), action: 'update', object, change })
  })
}

/** As those who store events of it: they may lock the stream before the tenant, or after. Removed: nobody else does. */
const lockSubject = (tx: Db, tenant_id: string, subject: string) => {
  const [kind, id] = subject.split(':')
  return kind === 'device'
    ? tx.query(sql`select 1 from devices where tenant_id = ${tenant_id} and id = ${id} for no key update`)
    : tx.query(sql`
        select 1 from deployment_progress where tenant_id = ${tenant_id} and deployment_id = ${id} for no key update`)
}

const findDelivery = (tx: Db, { tenant_id, integration_id, event_id }: Request & { tenant_id: string }) =>
  tx.first<{ subject: string; time: string; type: string }>(sql`
    select d.subject, d.time, e.type from webhook_events e
      join webhook_deliveries d on d.tenant_id = e.tenant_id and d.subject = e.subject and d.time = e.time
    where e.tenant_id = ${tenant_id} and e.id = ${event_id} and d.integration_id = ${integration_id}`)
