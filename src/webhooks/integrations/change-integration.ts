import { isDeepStrictEqual } from 'node:util'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { integrationNotFound } from '../../errors.ts'
import { valueDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { type Format, type IntegrationChange, requireEvents, requireFormat } from '../integration.ts'
import { originOf } from '../target.ts'
import type { EventType } from '../webhook-event.ts'

type Stored = { description: string; url: string; format: Format; events: EventType[] | null }

/** Changes which events an integration is sent, and how they are written; what waits already is sent in any case. */
export async function changeIntegration(
  env: Env,
  actor: EventActor,
  { id, change }: { id: string; change: IntegrationChange },
): Promise<void> {
  const { tenant_id } = actor
  await env.db.transaction(async (tx) => {
    await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
    const before = await tx.first<Stored>(sql`
      select description, url, format, events from integrations where tenant_id = ${tenant_id} and id = ${id}`)
    if (!before) throw integrationNotFound()
    const format = requireFormat(before.url, change.format ?? before.format)
    const events = change.events === undefined ? before.events : requireEvents(format, change.events)
    const after = { description: change.description ?? before.description, format, events }
    const lines = diffOf(before, after)
    if (lines.length === 0) return
    await tx.query(sql`
      update integrations set description = ${after.description}, format = ${format}, events = ${events}
      where tenant_id = ${tenant_id} and id = ${id}`)
    const object = eventObject('integration', id, { provider: 'webhook', name: originOf(before.url) })
    await recordEvent(tx, actor, { at: env.now(), action: 'update', object, change: lines.join('\n') })
  })
}

const diffOf = (before: Stored, after: Omit<Stored, 'url'>): string[] =>
  (['description', 'format', 'events'] as const).flatMap((member) =>
    isDeepStrictEqual(before[member], after[member])
      ? []
      : valueDiff(member, before[member] ?? 'all', after[member] ?? 'all'),
  )
