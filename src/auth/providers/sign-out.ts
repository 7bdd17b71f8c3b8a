import { buildEndSessionUrl } from 'openid-client'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { Refusal } from '../../refusal.ts'
import type { Actor } from '../actor.ts'
import { addressesOf } from '../provider.ts'
import { logOut } from '../sessions/log-out.ts'
import { connect } from './connect.ts'
import { selectProviders } from './provider-rows.ts'

/**
 * Ends the session of the request. Returns where the browser ends the session at the provider that opened it; undefined:
 * there is none, the provider offers no such place, or cannot be reached.
 */
export async function signOut(env: Env, actor: Actor, base_url: string): Promise<string | undefined> {
  const { tenant_id, token_id } = actor
  const opened = await env.db.first<{ provider_id: string; id_token: string }>(sql`
    select provider_id, id_token from provider_sessions where tenant_id = ${tenant_id} and token_id = ${token_id}`)
  await logOut(env, actor)
  if (!opened) return undefined
  const [provider] = await selectProviders(env.db, sql`tenant_id = ${tenant_id} and id = ${opened.provider_id}`)
  if (!provider?.rules.ends_provider_session) return undefined
  try {
    const { client } = await connect(env, provider)
    if (!client.serverMetadata().end_session_endpoint) return undefined
    const { post_logout_redirect_uri } = addressesOf(provider, base_url)
    const hint = opened.id_token === '' ? {} : { id_token_hint: opened.id_token }
    return buildEndSessionUrl(client, { ...hint, post_logout_redirect_uri }).href
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}
