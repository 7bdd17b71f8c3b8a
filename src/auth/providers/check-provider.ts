import { and, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { Refusal } from '../../refusal.ts'
import { providerNotFound } from '../../sign-in-errors.ts'
import type { Actor } from '../actor.ts'
import type { ProviderCheck } from '../provider.ts'
import { connect } from './connect.ts'
import { selectProviders } from './provider-rows.ts'

/** Asks a provider what it says about itself. Neither its client nor its secret are tried: only a sign-in does that. */
export async function checkProvider(env: Env, { tenant_id }: Actor, id: string): Promise<ProviderCheck> {
  const [provider] = await selectProviders(env.db, and([sql`tenant_id = ${tenant_id}`, sql`id = ${id}`]))
  if (!provider) throw providerNotFound()
  try {
    const { client } = await connect(env, provider)
    const metadata = client.serverMetadata()
    return {
      works: true,
      signs_out: metadata.end_session_endpoint !== undefined,
      logs_out: metadata.backchannel_logout_supported === true,
    }
  } catch (error) {
    if (error instanceof Refusal) return { works: false, problem: error.message }
    throw error
  }
}
