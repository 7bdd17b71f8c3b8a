import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { Actor } from '../actor.ts'

/** Ends the session, or deletes the access token, of the request. */
export async function logOut(env: Env, { tenant_id, token_id }: Actor): Promise<void> {
  await env.db.query(sql`delete from user_tokens where tenant_id = ${tenant_id} and id = ${token_id}`)
}
