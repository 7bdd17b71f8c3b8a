import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import type { WebhookEvent } from './webhook-event.ts'

type Found = { events: WebhookEvent[]; more: boolean }

/** A page of the events of a tenant, newest first, and whether there are more. */
export async function listWebhookEvents(
  env: Env,
  { tenant_id }: { tenant_id: string },
  { per_page, offset }: { per_page: number; offset: number },
): Promise<Found> {
  const events = await env.db.reads.query<WebhookEvent>(sql`
    select e.id, e.type, e.time, e.data, (
      select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('integration_id', d.integration_id,
        'success', d.state = 'delivered', 'status_code', d.status_code, 'error', d.error))
        order by d.integration_id), '[]')
      from webhook_deliveries d
      where d.tenant_id = ${tenant_id} and d.subject = e.subject and d.time = e.time and d.attempts > 0
    ) as delivery_statuses
    from webhook_events e where e.tenant_id = ${tenant_id}
    order by e.time desc, e.id desc limit ${per_page + 1} offset ${offset}`)
  return { events: events.slice(0, per_page), more: events.length > per_page }
}
