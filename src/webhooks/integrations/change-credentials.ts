import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { integrationNotFound } from '../../errors.ts'
import { valueDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { addressRule } from '../../outgoing/address-rules.ts'
import { type NewCredentials, originOf, requireTarget } from '../integration.ts'

type Change = { id: string; credentials: NewCredentials }

/** Changes where an integration is sent events, and how they are signed, from the next attempt on. */
export async function changeCredentials(env: Env, actor: EventActor, { id, credentials }: Change): Promise<void> {
  requireTarget(credentials, addressRule(env.config.webhooks.allow), '')
  const { tenant_id } = actor
  const { url, secret } = credentials.http
  await env.db.transaction(async (tx) => {
    await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
    const before = await tx.first<{ url: string }>(sql`
      select url from integrations where tenant_id = ${tenant_id} and id = ${id}`)
    if (!before) throw integrationNotFound()
    await tx.query(sql`
      update integrations set url = ${url}, secret = ${secret || null} where tenant_id = ${tenant_id} and id = ${id}`)
    const [from, to] = [originOf(before.url), originOf(url)]
    const change = from === to ? 'Replaced the credentials' : valueDiff('target', from, to).join('\n')
    const object = eventObject('integration', id, { provider: 'webhook', name: to })
    await recordEvent(tx, actor, { at: env.now(), action: 'update', object, change })
  })
}
