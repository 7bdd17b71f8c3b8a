import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { Actor } from '../actor.ts'
import { isExpired, userTokens } from '../token.ts'

/** `last_used` of an access token may be older by this, so that most requests write nothing. */
const LAST_USED_PRECISION_MS = 60_000

/** An actor before the route, and so the scope, is known. */
export type Session = Omit<Actor, 'scope'>

/**
 * The user of a token; undefined: it is not from this server, expired or revoked, the tenant is suspended, or it is the
 * session of a user who may not sign in with a password, and was opened with one.
 */
export async function findSession(env: Env, token: string): Promise<Session | undefined> {
  const claims = userTokens.verify(env.secret, token)
  if (!claims || isExpired(claims, env.now())) return undefined
  const found = await env.db.first<Session & { last_used: string | null; is_session: boolean }>(sql`
    select u.tenant_id, u.id as user_id, u.email, k.id as token_id, u.roles, coalesce((
        select jsonb_agg(s) from roles r, jsonb_array_elements(r.permission_sets_with_scope) as s
        where r.tenant_id = u.tenant_id and r.name = any(u.roles)), '[]') as custom_sets,
      case when t.trial then 'enterprise' else t.plan end as plan, k.last_used, k.name is null as is_session
    from user_tokens k
      join users u on u.tenant_id = k.tenant_id and u.id = k.user_id
      join tenants t on t.tenant_id = k.tenant_id
    where k.tenant_id = ${claims['mender.tenant']} and k.id = ${claims.jti} and k.user_id = ${claims.sub}
      and (k.expires_ts is null or k.expires_ts > ${env.now().toISOString()}) and t.status = 'active'
      and (t.password_user_id is null or t.password_user_id = k.user_id or k.name is not null or exists (
        select from provider_sessions s where s.tenant_id = k.tenant_id and s.token_id = k.id))`)
  if (!found) return undefined
  const { last_used, is_session, ...actor } = found
  if (!is_session) await saveLastUse(env, actor, last_used)
  return actor
}

async function saveLastUse(env: Env, { tenant_id, token_id }: Session, last_used: string | null): Promise<void> {
  const now = env.now()
  const stale = new Date(now.getTime() - LAST_USED_PRECISION_MS).toISOString()
  if (last_used !== null && last_used > stale) return
  await env.db.query(sql`
    update user_tokens set last_used = ${now.toISOString()}
    where tenant_id = ${tenant_id} and id = ${token_id} and (last_used is null or last_used <= ${stale})`)
}
