import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { objectDiff, valueDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { addressRule } from '../../outgoing/address-rules.ts'
import { providerNotFound } from '../../sign-in-errors.ts'
import { type ChangedProvider, requireIssuer, rolesIn, rulesIn } from '../provider.ts'
import { requireAdministrator } from '../users/require-administrator.ts'
import { requireRoles } from '../users/require-roles.ts'
import { comparable, endSessionsOf, lockProvider, type ProviderRow, requireNewIssuer } from './provider-rows.ts'
import { requireAnotherProvider } from './require-another-provider.ts'

type Change = { id: string; provider: ChangedProvider }

/**
 * Replaces a sign-in provider, except for a secret that is not given. Sessions that were opened by it end if it is
 * disabled, or gets another issuer or client.
 */
export async function changeProvider(env: Env, actor: EventActor, { id, provider: given }: Change): Promise<void> {
  const { tenant_id } = actor
  const issuer = requireIssuer(given.issuer, addressRule(env.config.sign_in.allow))
  const rules = rulesIn(given)
  await env.db.transaction(async (tx) => {
    const before = await lockProvider(tx, { tenant_id, id }, 'change')
    if (!before) throw providerNotFound()
    await requireRoles(tx, tenant_id, rolesIn(rules))
    const { client_secret } = given
    const after: ProviderRow = {
      ...{ ...before, issuer, rules, name: given.name, client_id: given.client_id, enabled: given.enabled ?? true },
      client_secret: client_secret === undefined ? before.client_secret : client_secret || null,
    }
    const lines = [...objectDiff(comparable(before), comparable(after)), ...secretDiff(before, after)]
    if (lines.length === 0) return
    if (!after.enabled || issuer !== before.issuer || after.client_id !== before.client_id)
      await endSessionsOf(tx, after)
    if (!after.enabled && before.enabled) await requireAnotherProvider(tx, after)
    await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
    await requireNewIssuer(tx, after)
    await save(tx, nowText(env), after)
    const isLost = before.enabled && (!after.enabled || issuer !== before.issuer)
    if (isLost) await requireAdministrator(tx, tenant_id)
    const object = eventObject('sign_in_provider', id, { name: after.name, issuer })
    const change = [`Updated sign-in provider ${before.name}:`, ...lines].join('\n')
    await recordEvent(tx, actor, { at: env.now(), action: 'update', object, change })
  })
}

const secretDiff = (before: ProviderRow, after: ProviderRow): string[] =>
  before.client_secret === after.client_secret ? [] : valueDiff('client_secret', 'hidden', 'another, hidden')

const save = (tx: Db, now: string, row: ProviderRow) =>
  tx.query(sql`
    update sign_in_providers set name = ${row.name}, issuer = ${row.issuer}, client_id = ${row.client_id},
      client_secret = ${row.client_secret}, enabled = ${row.enabled}, rules = ${JSON.stringify(row.rules)},
      updated_ts = greatest(${now}, updated_ts + interval '1 millisecond')
    where tenant_id = ${row.tenant_id} and id = ${row.id}`)
