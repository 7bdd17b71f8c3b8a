import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { releaseNotFound, tooManyTags } from '../errors.ts'
import { changeRelease } from './change-release.ts'
import { MAX_TAGS } from './release.ts'

/** Replaces the tags of a release; duplicates are removed. */
export const tagRelease = (env: Env, actor: Actor, { name, tags }: { name: string; tags: readonly string[] }) =>
  env.db.transaction(async (tx) => {
    const { tenant_id } = actor
    const value = [...new Set(tags)].sort()
    const tagged = await changeRelease(tx, actor, { name, at: env.now(), column: 'tags', value })
    if (!tagged) throw releaseNotFound()
    if ((await countTags(tx, tenant_id)) > MAX_TAGS) throw tooManyTags(MAX_TAGS)
  })

async function countTags(tx: Db, tenant_id: string): Promise<number> {
  const counted = await tx.first<{ count: number }>(sql`
    select count(distinct tag) from releases, unnest(tags) as tag where tenant_id = ${tenant_id}`)
  return counted?.count ?? 0
}
