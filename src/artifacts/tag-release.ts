import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { type Env, nowText } from '../env.ts'
import { resourceNotFound, tooManyTags } from '../errors.ts'
import { MOST_TAGS } from './release.ts'
import { andVisible } from './visible-releases.ts'

/** Replaces the tags of a release; twice the same is once. */
export const tagRelease = (env: Env, actor: Actor, { name, tags }: { name: string; tags: readonly string[] }) =>
  env.db.transaction(async (tx) => {
    const { tenant_id } = actor
    // No other release gets a tag while they are counted.
    await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
    const tagged = await tx.first(sql`
      update releases r set tags = ${[...new Set(tags)].sort()}, modified = ${nowText(env)}
      where tenant_id = ${tenant_id} and name = ${name} ${andVisible(actor)} returning name`)
    if (!tagged) throw resourceNotFound()
    if ((await countTags(tx, tenant_id)) > MOST_TAGS) throw tooManyTags(MOST_TAGS)
  })

async function countTags(tx: Db, tenant_id: string): Promise<number> {
  const counted = await tx.first<{ count: number }>(sql`
    select count(distinct tag) from releases, unnest(tags) as tag where tenant_id = ${tenant_id}`)
  return counted?.count ?? 0
}
