import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { pathOfProvider } from '../provider.ts'
import type { SignInOptions } from '../sign-in-settings.ts'
import { selectProviders } from './provider-rows.ts'

/**
 * How users of a tenant can sign in; undefined: of the default tenant. Anybody may ask, so a tenant is found by its ID
 * only, and one that does not exist is as one without providers. Asks no provider.
 */
export async function findSignInOptions(
  env: Env,
  { tenant, base_url }: { tenant: string | undefined; base_url: string },
): Promise<SignInOptions> {
  const found = await findTenant(env.db, tenant)
  if (found?.status !== 'active') return { password: true, providers: [], base_url }
  const rows = await selectProviders(env.db, sql`tenant_id = ${found.tenant_id} and enabled order by lower(name), id`)
  return {
    ...{ password: found.password_user_id === null, base_url },
    providers: rows.map((row) => ({ id: row.id, name: row.name, url: `${base_url}${pathOfProvider(row)}/start` })),
  }
}

const findTenant = (db: Db, tenant: string | undefined) =>
  db.first<{ tenant_id: string; status: string; password_user_id: string | null }>(sql`
    select tenant_id, status, password_user_id from tenants
    where ${tenant === undefined ? sql`is_default` : sql`tenant_id = ${tenant}`}`)
