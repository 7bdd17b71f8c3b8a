import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { notFound } from '../errors.ts'
import type { Actor } from './actor.ts'

/** One of those of whoever asks; it is dead at once. */
export async function deleteAccessToken(env: Env, { tenant_id, user_id }: Actor, id: string): Promise<void> {
  const deleted = await env.db.first(sql`
    delete from user_tokens
    where tenant_id = ${tenant_id} and user_id = ${user_id} and id = ${id} and name is not null returning 1`)
  if (!deleted) throw notFound('token not found')
}
