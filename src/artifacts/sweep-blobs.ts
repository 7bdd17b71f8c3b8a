import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'

/** Longer than any upload takes: what has no row by then was left by a server that was killed. */
const LEFT_AFTER_MS = 24 * 60 * 60 * 1000

/** A bucket may hold more than artifacts. */
const OURS = /^([^/]+)\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/

/** Deletes files that belong to no artifact, whole or not. Answers how many. */
export async function sweepBlobs(env: Env): Promise<number> {
  const time = new Date(env.now().getTime() - LEFT_AFTER_MS)
  let swept = 0
  for await (const key of env.blobs.writtenBefore(time)) {
    const [, tenant_id, id] = OURS.exec(key) ?? []
    if (!id) continue
    if (await env.db.first(sql`select 1 from artifacts where tenant_id = ${tenant_id} and id = ${id}`)) continue
    await env.blobs.delete(key)
    swept++
  }
  return swept + (await env.blobs.deleteUnfinished(time))
}
