import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { releasesInUse } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { activeDeployments } from './active-deployments.ts'
import { andVisible } from './visible-releases.ts'

type Deleted = { id: string; name: string }

/** Removes releases with all their artifacts, or, where an unfinished deployment names one of them, none. */
export async function deleteReleases(env: Env, actor: Actor, asked: readonly string[]): Promise<void> {
  const { tenant_id } = actor
  const artifacts = await env.db.transaction(async (tx) => {
    // Creating a deployment and adding an artifact take the same lock: none can appear while we look.
    await tx.query(sql`
      update tenants set deployments_version = deployments_version + 1 where tenant_id = ${tenant_id}`)
    const names = await findVisible(tx, actor, asked)
    const deployments = await activeDeployments(tx, tenant_id, names)
    if (deployments.length > 0) throw releasesInUse(deployments)
    const deleted = await remove(tx, tenant_id, names)
    await recordDeletions(tx, actor, deleted, env.now())
    return deleted
  })
  for (const { id } of artifacts) await env.blobs.delete(`${tenant_id}/${id}`)
}

/** Those beyond the actor's reach are as good as gone. */
async function findVisible(tx: Db, actor: Actor, names: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(sql`
    select r.name from releases r where r.tenant_id = ${actor.tenant_id} and r.name = any(${names}) ${andVisible(actor)}`)
  return rows.map(({ name }) => name)
}

async function remove(tx: Db, tenant_id: string, names: readonly string[]): Promise<Deleted[]> {
  const deleted = await tx.query<Deleted>(sql`
    delete from artifacts where tenant_id = ${tenant_id} and name = any(${names}) returning id, name`)
  await tx.query(sql`delete from releases where tenant_id = ${tenant_id} and name = any(${names})`)
  return deleted
}

async function recordDeletions(tx: Db, { tenant_id, user_id, email }: Actor, deleted: readonly Deleted[], now: Date) {
  const actor = { id: user_id, type: 'user' as const, email }
  for (const { id, name } of deleted) {
    const object = { id, type: 'artifact' as const, artifact: { name } }
    await recordEvent(tx, tenant_id, now, { actor, action: 'delete', object })
  }
}
