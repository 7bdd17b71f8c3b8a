import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'

/** Longer than it takes until wrong guesses no longer count, for any limit. */
const MAX_AGE_MS = 60 * 60 * 1000

export async function pruneGuesses(env: Env): Promise<void> {
  const before = new Date(env.now().getTime() - MAX_AGE_MS).toISOString()
  await env.db.query(sql`delete from guesses where at < ${before}`)
}
