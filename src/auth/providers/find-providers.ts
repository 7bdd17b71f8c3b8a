import { and, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { providerNotFound } from '../../sign-in-errors.ts'
import type { Actor } from '../actor.ts'
import type { Provider } from '../provider.ts'
import { selectProviders, toProvider } from './provider-rows.ts'

type Viewer = Pick<Actor, 'tenant_id'>

/** The sign-in providers of the tenant, by name. `base_url`: of this server, for the addresses to register. */
export async function findProviders(env: Env, { tenant_id }: Viewer, base_url: string): Promise<Provider[]> {
  const rows = await selectProviders(env.db, sql`tenant_id = ${tenant_id} order by lower(name), id`)
  return rows.map((row) => toProvider(row, base_url))
}

export async function findProvider(
  env: Env,
  { tenant_id }: Viewer,
  { id, base_url }: { id: string; base_url: string },
): Promise<Provider> {
  const [row] = await selectProviders(env.db, and([sql`tenant_id = ${tenant_id}`, sql`id = ${id}`]))
  if (!row) throw providerNotFound()
  return toProvider(row, base_url)
}
