import { randomUUID } from 'node:crypto'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { integrationUrlTaken, tooManyIntegrations } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { MAX_INTEGRATIONS, type NewIntegration, requireEvents, requireFormat } from '../integration.ts'
import { originOf, requireTarget } from '../target.ts'

/** Creates an integration, to which what happens from now on is sent. */
export async function createIntegration(
  env: Env,
  actor: EventActor,
  { provider, credentials, description = '', unique_url = false, ...given }: NewIntegration,
): Promise<{ id: string }> {
  requireTarget(credentials, env.config)
  const { tenant_id } = actor
  const { url, secret } = credentials.http
  const format = requireFormat(url, given.format)
  const events = requireEvents(format, given.events)
  const id = randomUUID()
  await env.db.transaction(async (tx) => {
    await requireRoom(tx, tenant_id)
    if (unique_url) await requireNewUrl(tx, tenant_id, url)
    await tx.query(sql`
      insert into integrations (tenant_id, id, description, url, secret, format, events, created_ts)
      values (${tenant_id}, ${id}, ${description}, ${url}, ${secret || null}, ${format}, ${events}, ${nowText(env)})`)
    const object = eventObject('integration', id, { provider, name: originOf(url) })
    await recordEvent(tx, actor, { at: env.now(), action: 'create', object })
  })
  return { id }
}

/** Locks the tenant's row, so no other request adds an integration until the transaction ends. */
async function requireRoom(tx: Db, tenant_id: string): Promise<void> {
  const [, row] = await Promise.all([
    tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`),
    tx.first<{ count: number }>(sql`select count(*) as count from integrations where tenant_id = ${tenant_id}`),
  ])
  if ((row?.count ?? 0) >= MAX_INTEGRATIONS) throw tooManyIntegrations(MAX_INTEGRATIONS)
}

/** The caller has locked the tenant's row. */
async function requireNewUrl(tx: Db, tenant_id: string, url: string): Promise<void> {
  const found = await tx.first<{ id: string }>(sql`
    select id from integrations where tenant_id = ${tenant_id} and url = ${url} order by created_ts, id limit 1`)
  if (found) throw integrationUrlTaken(found.id)
}
