import { randomUUID } from 'node:crypto'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { tooManyIntegrations } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { addressRule } from '../../outgoing/address-rules.ts'
import { MAX_INTEGRATIONS, type NewIntegration, originOf, requireTarget } from '../integration.ts'

/** Creates an integration, to which everything is sent that happens from now on. */
export async function createIntegration(
  env: Env,
  actor: EventActor,
  { provider, credentials, description = '' }: NewIntegration,
): Promise<{ id: string }> {
  requireTarget(credentials, addressRule(env.config.webhooks.allow))
  const { tenant_id } = actor
  const { url, secret } = credentials.http
  const id = randomUUID()
  await env.db.transaction(async (tx) => {
    await requireRoom(tx, tenant_id)
    await tx.query(sql`
      insert into integrations (tenant_id, id, description, url, secret, created_ts)
      values (${tenant_id}, ${id}, ${description}, ${url}, ${secret || null}, ${nowText(env)})`)
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
