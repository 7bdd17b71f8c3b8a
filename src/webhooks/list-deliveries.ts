import { walkRows } from '../db/locks/walk-rows.ts'
import { and, type Sql, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { integrationNotFound } from '../errors.ts'
import { mapChunks } from '../map-chunks.ts'
import type { Delivery, DeliveryState } from './delivery.ts'

type Query = { tenant_id: string; integration_id: string; state: DeliveryState | undefined }

/** A page of the deliveries to an integration, newest event first, and whether there are more. */
export async function listDeliveries(
  env: Env,
  query: Query,
  { per_page, offset }: { per_page: number; offset: number },
): Promise<{ deliveries: Delivery[]; more: boolean }> {
  await requireIntegration(env, query)
  const rows = await env.db.query<Delivery>(sql`${deliveriesOf(query)} limit ${per_page + 1} offset ${offset}`)
  return { deliveries: rows.slice(0, per_page).map(withoutNulls), more: rows.length > per_page }
}

/** All deliveries to an integration, in the same order and in chunks. */
export async function walkDeliveries(env: Env, query: Query): Promise<AsyncIterable<Delivery[]>> {
  await requireIntegration(env, query)
  return mapChunks(await walkRows<Delivery>(env, deliveriesOf(query)), (rows) => rows.map(withoutNulls))
}

const withoutNulls = (row: Delivery) =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Delivery

async function requireIntegration({ db }: Env, { tenant_id, integration_id }: Query): Promise<void> {
  const exists = await db.first(sql`
    select 1 from integrations where tenant_id = ${tenant_id} and id = ${integration_id}`)
  if (!exists) throw integrationNotFound()
}

function deliveriesOf({ tenant_id, integration_id, state }: Query): Sql {
  const matching = and([
    ...[sql`d.tenant_id = ${tenant_id}`, sql`d.integration_id = ${integration_id}`],
    ...(state === undefined ? [] : [sql`d.state = ${state}`]),
  ])
  return sql`
    select e.id as event_id, e.type, e.time, e.data, d.state, d.attempts, d.last_attempt, s.next_attempt, d.status_code,
      d.error, d.response, d.took_ms
    from webhook_deliveries d
      join webhook_events e on e.tenant_id = d.tenant_id and e.subject = d.subject and e.time = d.time
      left join webhook_streams s on d.state = 'pending' and s.tenant_id = d.tenant_id
        and s.integration_id = d.integration_id and s.subject = d.subject
    where ${matching} order by d.time desc, e.id desc`
}
