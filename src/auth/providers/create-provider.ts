import { randomUUID } from 'node:crypto'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { addressRule } from '../../outgoing/address-rules.ts'
import { providerIdTaken, tooManyProviders } from '../../sign-in-errors.ts'
import { MAX_PROVIDERS, type NewProvider, requireIssuer, rolesIn, rulesIn } from '../provider.ts'
import { requireRoles } from '../users/require-roles.ts'
import { requireNewIssuer } from './provider-rows.ts'

/** Creates a sign-in provider. Whether it can be reached does not matter: it may be down. */
export async function createProvider(env: Env, actor: EventActor, given: NewProvider): Promise<{ id: string }> {
  const { tenant_id } = actor
  const { id = randomUUID(), name, client_id, client_secret, enabled = true } = given
  const issuer = requireIssuer(given.issuer, addressRule(env.config.sign_in.allow))
  const rules = rulesIn(given)
  await env.db.transaction(async (tx) => {
    await requireRoles(tx, tenant_id, rolesIn(rules))
    await requireRoom(tx, tenant_id)
    await requireNewIssuer(tx, { tenant_id, id, issuer })
    const inserted = await tx.first(sql`
      insert into sign_in_providers (tenant_id, id, name, issuer, client_id, client_secret, enabled, rules, created_ts,
        updated_ts)
      values (${tenant_id}, ${id}, ${name}, ${issuer}, ${client_id}, ${client_secret || null}, ${enabled},
        ${JSON.stringify(rules)}, ${nowText(env)}, ${nowText(env)})
      on conflict (tenant_id, id) do nothing returning 1`)
    if (!inserted) throw providerIdTaken()
    const object = eventObject('sign_in_provider', id, { name, issuer })
    await recordEvent(tx, actor, { at: env.now(), action: 'create', object })
  })
  return { id }
}

/** Locks the tenant's row, so no other request adds a provider until the transaction ends. */
async function requireRoom(tx: Db, tenant_id: string): Promise<void> {
  await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
  const row = await tx.first<{ count: number }>(sql`
    select count(*) as count from sign_in_providers where tenant_id = ${tenant_id}`)
  if ((row?.count ?? 0) >= MAX_PROVIDERS) throw tooManyProviders(MAX_PROVIDERS)
}
