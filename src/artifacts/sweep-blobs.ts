import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'

/** Longer than any upload takes: a file without a row by then was left by a server that was killed. */
const MIN_AGE_MS = 24 * 60 * 60 * 1000

/** A bucket may hold other objects, too. */
const ARTIFACT_KEY = /^([^/]+)\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/

/** Deletes files that belong to no artifact, complete or not. Returns their number. */
export async function sweepBlobs(env: Env): Promise<number> {
  const time = new Date(env.now().getTime() - MIN_AGE_MS)
  let deleted = 0
  for await (const key of env.blobs.writtenBefore(time)) {
    const [, tenant_id, id] = ARTIFACT_KEY.exec(key) ?? []
    if (!id) continue
    if (await env.db.first(sql`select 1 from artifacts where tenant_id = ${tenant_id} and id = ${id}`)) continue
    await env.blobs.delete(key)
    deleted++
  }
  return deleted + (await env.blobs.deleteUnfinished(time))
}
