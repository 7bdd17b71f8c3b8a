import type { Db } from '../../db/db.ts'
import { cachedIfLarge } from '../../db/memory/cached-if-large.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { type AttentionItem, lateAfter } from '../attention.ts'
import { type DeploymentKey, keyOf } from '../rows/deployment-key.ts'

/** The median of these is exact enough. The index has them by the id of the device, which is random. */
const MAX_DURATIONS = 301
const MAX_LATE = 100_000

const found = cachedIfLarge<Env, DeploymentKey, AttentionItem['late']>(read, { name: keyOf, isLarge: 'always' })

/** The devices whose attempt lasts much longer than is usual in the deployment; undefined: none. */
export const findLate = (env: Env, key: DeploymentKey): Promise<AttentionItem['late']> => found.get(env, key)

async function read(env: Env, key: DeploymentKey): Promise<AttentionItem['late']> {
  const db = env.db.reads
  const limit = lateAfter(await readDurations(db, key))
  if (!limit) return undefined
  const since = new Date(env.now().getTime() - limit.late_after_ms).toISOString()
  const count = await countSince(db, key, since)
  return count === 0 ? undefined : { count, usual_seconds: limit.usual_seconds }
}

async function readDurations(db: Db, { tenant_id, deployment_id }: DeploymentKey): Promise<number[]> {
  const rows = await db.query<{ took_ms: number }>(sql`
    select (extract(epoch from dd.finished - dd.attempt_since) * 1000)::float8 as took_ms from device_deployments dd
    where dd.tenant_id = ${tenant_id} and dd.deployment_id = ${deployment_id} and dd.stage = 'success'
      and dd.deleted is null and dd.attempt_since is not null
    limit ${MAX_DURATIONS}`)
  return rows.map(({ took_ms }) => took_ms)
}

/** Attempts that began before and go on. A device that waits for a user, or has timed out, is none of them. */
async function countSince(db: Db, { tenant_id, deployment_id }: DeploymentKey, since: string): Promise<number> {
  const row = await db.first<{ count: number }>(sql`
    select count(*) as count from (
      select 1 from device_deployments dd
      where dd.tenant_id = ${tenant_id} and dd.deployment_id = ${deployment_id}
        and dd.stage in ('pending', 'in_progress') and dd.finished is null and dd.attempt_begun
        and dd.timed_out is null and dd.attempt_since < ${since}::timestamptz
      limit ${MAX_LATE}
    ) late`)
  return row?.count ?? 0
}
