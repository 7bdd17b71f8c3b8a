import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import type { AccessToken } from '../access-token.ts'
import type { Actor } from '../actor.ts'

type Row = Pick<AccessToken, 'id' | 'name' | 'created_ts'> & {
  expiration_date: string | null
  last_used: string | null
}

/** The access tokens of the actor that have not expired, ordered by creation. */
export async function findAccessTokens(env: Env, { tenant_id, user_id }: Actor): Promise<AccessToken[]> {
  const rows = await env.db.query<Row>(sql`
    select id, name, created_ts, expires_ts as expiration_date, last_used from user_tokens
    where tenant_id = ${tenant_id} and user_id = ${user_id} and name is not null
      and (expires_ts is null or expires_ts > ${nowText(env)})
    order by created_ts, id`)
  return rows.map(({ expiration_date, last_used, ...token }) => ({
    ...token,
    ...(expiration_date ? { expiration_date } : {}),
    ...(last_used ? { last_used } : {}),
  }))
}
