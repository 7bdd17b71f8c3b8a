import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { integrationNotFound, invalidField } from '../../errors.ts'
import { valueDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import type { NewCredentials } from '../integration.ts'
import { isMail, originOf, requireTarget } from '../target.ts'

const OTHER_KIND = 'cannot change between e-mail and HTTP: create another integration'

type Change = { id: string; credentials: NewCredentials }

/** Changes where an integration is sent events, and how they are signed, from the next attempt on. */
export async function changeCredentials(env: Env, actor: EventActor, { id, credentials }: Change): Promise<void> {
  requireTarget(credentials, { ...env.config, path: '' })
  const { tenant_id } = actor
  const { url, secret } = credentials.http
  await env.db.transaction(async (tx) => {
    await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
    const before = await tx.first<{ url: string }>(sql`
      select url from integrations where tenant_id = ${tenant_id} and id = ${id}`)
    if (!before) throw integrationNotFound()
    if (isMail(before.url) !== isMail(url)) throw invalidField('http.url', OTHER_KIND)
    await tx.query(sql`
      update integrations set url = ${url}, secret = ${secret || null} where tenant_id = ${tenant_id} and id = ${id}`)
    const [from, to] = [originOf(before.url), originOf(url)]
    const change = from === to ? 'Replaced the credentials' : valueDiff('target', from, to).join('\n')
    const object = eventObject('integration', id, { provider: 'webhook', name: to })
    await recordEvent(tx, actor, { at: env.now(), action: 'update', object, change })
  })
}
