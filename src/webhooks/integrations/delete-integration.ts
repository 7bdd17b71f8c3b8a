import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { integrationNotFound } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { originOf } from '../target.ts'

/** Deletes an integration. Nothing is sent to it any more, except for attempts that have begun. */
export async function deleteIntegration(env: Env, actor: EventActor, id: string): Promise<void> {
  const { tenant_id } = actor
  await env.db.transaction(async (tx) => {
    await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
    const deleted = await tx.first<{ url: string }>(sql`
      delete from integrations where tenant_id = ${tenant_id} and id = ${id} returning url`)
    if (!deleted) throw integrationNotFound()
    await tx.query(sql`delete from webhook_failures where tenant_id = ${tenant_id} and integration_id = ${id}`)
    const object = eventObject('integration', id, { provider: 'webhook', name: originOf(deleted.url) })
    await recordEvent(tx, actor, { at: env.now(), action: 'delete', object })
  })
}
