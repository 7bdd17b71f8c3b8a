import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'

/** Longer than a logout token is accepted, and than a sign-in may take. */
const MAX_AGE_MS = 60 * 60 * 1000

export async function pruneLogoutTokens(env: Env): Promise<void> {
  const before = new Date(env.now().getTime() - MAX_AGE_MS).toISOString()
  await env.db.query(sql`delete from logout_tokens where used_ts < ${before}`)
}
