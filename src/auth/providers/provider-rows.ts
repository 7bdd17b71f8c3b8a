import type { Db } from '../../db/db.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { issuerTaken } from '../../sign-in-errors.ts'
import { addressesOf, type Provider, type ProviderRules } from '../provider.ts'

/** A row of `sign_in_providers`. */
export type ProviderRow = {
  tenant_id: string
  id: string
  name: string
  issuer: string
  client_id: string
  client_secret: string | null
  enabled: boolean
  rules: ProviderRules
  created_ts: string
  updated_ts: string
}

/** Ordered by name. `where` contains the tenant. */
export const selectProviders = (db: Db, where: Sql): Promise<ProviderRow[]> =>
  db.query<ProviderRow>(sql`
    select tenant_id, id, name, issuer, client_id, client_secret, enabled, rules, created_ts, updated_ts
    from sign_in_providers where ${where}`)

/** How the row is locked: `share` if a session is opened by it; `change` if it changes, or its sessions end. */
type Lock = 'share' | 'change'

/** Locks a provider to the end of the transaction; undefined: it was deleted. */
export async function lockProvider(
  tx: Db,
  { tenant_id, id }: { tenant_id: string; id: string },
  lock: Lock,
): Promise<ProviderRow | undefined> {
  const mode = lock === 'share' ? sql`for share` : sql`for no key update`
  const [row] = await selectProviders(tx, sql`tenant_id = ${tenant_id} and id = ${id} ${mode}`)
  return row
}

/** The caller has locked the tenant's row, so no other request adds a provider of the issuer. */
export async function requireNewIssuer(
  tx: Db,
  { tenant_id, id, issuer }: Pick<ProviderRow, 'tenant_id' | 'id' | 'issuer'>,
): Promise<void> {
  const other = await tx.first<{ name: string }>(sql`
    select name from sign_in_providers where tenant_id = ${tenant_id} and issuer = ${issuer} and id <> ${id}`)
  if (other) throw issuerTaken(other.name)
}

/** Ends the sessions that were opened by a provider: all, or those that are found. */
export const endSessionsOf = (
  tx: Db,
  { tenant_id, id }: Pick<ProviderRow, 'tenant_id' | 'id'>,
  matching: Sql = sql`true`,
): Promise<{ user_id: string }[]> =>
  tx.query<{ user_id: string }>(sql`
    delete from user_tokens k using provider_sessions s
    where s.tenant_id = ${tenant_id} and s.provider_id = ${id} and ${matching}
      and k.tenant_id = s.tenant_id and k.id = s.token_id
    returning k.user_id`)

/** As it is returned: without the secret. */
export const toProvider = (row: ProviderRow, base_url: string): Provider => {
  const { id, name, issuer, client_id, client_secret, enabled, rules, created_ts, updated_ts } = row
  return {
    ...{ id, name, issuer, client_id, has_client_secret: client_secret !== null, enabled, ...rules },
    ...{ ...addressesOf(row, base_url), created_ts, updated_ts },
  }
}

/** What the audit log compares. */
export const comparable = ({ name, issuer, client_id, enabled, rules }: ProviderRow) => ({
  ...{ name, issuer, client_id, enabled, ...rules },
})
