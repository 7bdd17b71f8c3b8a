import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { providerNotFound } from '../../sign-in-errors.ts'
import { requireAdministrator } from '../users/require-administrator.ts'
import { endSessionsOf, lockProvider } from './provider-rows.ts'
import { requireAnotherProvider } from './require-another-provider.ts'

/** Deletes a sign-in provider, and ends the sessions that were opened by it. The users stay, with their accounts. */
export async function deleteProvider(env: Env, actor: EventActor, id: string): Promise<void> {
  const { tenant_id } = actor
  await env.db.transaction(async (tx) => {
    const found = await lockProvider(tx, { tenant_id, id }, 'change')
    if (!found) throw providerNotFound()
    await endSessionsOf(tx, found)
    await requireAnotherProvider(tx, found)
    await tx.query(sql`delete from sign_in_providers where tenant_id = ${tenant_id} and id = ${id}`)
    await requireAdministrator(tx, tenant_id)
    const object = eventObject('sign_in_provider', id, { name: found.name, issuer: found.issuer })
    await recordEvent(tx, actor, { at: env.now(), action: 'delete', object })
  })
}
