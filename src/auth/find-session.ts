import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import type { Actor } from './actor.ts'
import type { Held } from './scope.ts'
import { isExpired, userTokens } from './token.ts'

/** An actor before it is known what they ask for. */
export type Session = Omit<Actor, 'scope'> & Held

/** Who a user token stands for; undefined when it is foreign, expired, revoked, or its tenant is suspended. */
export async function findSession(env: Env, token: string): Promise<Session | undefined> {
  const claims = userTokens.verify(env.secret, token)
  if (!claims || isExpired(claims, env.now())) return undefined
  return env.db.first<Session>(sql`
    select u.tenant_id, u.id as user_id, u.email, k.id as token_id, u.roles, coalesce((
        select jsonb_agg(one) from roles r, jsonb_array_elements(r.permission_sets_with_scope) as one
        where r.tenant_id = u.tenant_id and r.name = any(u.roles)), '[]') as custom_sets,
      case when t.trial then 'enterprise' else t.plan end as plan
    from user_tokens k
      join users u on u.tenant_id = k.tenant_id and u.id = k.user_id
      join tenants t on t.tenant_id = k.tenant_id
    where k.tenant_id = ${claims['mender.tenant']} and k.id = ${claims.jti} and k.user_id = ${claims.sub}
      and (k.expires_ts is null or k.expires_ts > ${env.now().toISOString()}) and t.status = 'active'`)
}
