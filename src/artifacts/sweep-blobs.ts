import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'

/** Longer than any upload takes: what has no row by then was left by a server that was killed. */
const LEFT_AFTER_MS = 24 * 60 * 60 * 1000

/** Deletes files that belong to no artifact. Answers how many. */
export async function sweepBlobs(env: Env): Promise<number> {
  let swept = 0
  for await (const key of env.blobs.untouchedSince(new Date(env.now().getTime() - LEFT_AFTER_MS))) {
    const [tenant_id, id] = key.split('/')
    if (await env.db.first(sql`select 1 from artifacts where tenant_id = ${tenant_id} and id = ${id}`)) continue
    await env.blobs.delete(key)
    swept++
  }
  return swept
}
