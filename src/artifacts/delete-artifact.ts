import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { artifactInUse, artifactNotFound } from '../errors.ts'
import { eventObject } from '../events/event.ts'
import { recordEvent } from '../events/record-event.ts'
import { activeDeployments } from './active-deployments.ts'
import { andOfVisible } from './visible-releases.ts'

/**
 * Deletes an artifact that no unfinished deployment uses, its file, and its release if it was the last artifact of it.
 */
export async function deleteArtifact(env: Env, actor: Actor, id: string): Promise<void> {
  const { tenant_id } = actor
  await env.db.transaction(async (tx) => {
    // Creating a deployment takes the same lock: none is created during the check.
    await tx.query(sql`
      update tenants set deployments_version = deployments_version + 1 where tenant_id = ${tenant_id}`)
    const found = await remove(tx, actor, id)
    if (!found) throw artifactNotFound()
    const deployments = await activeDeployments(tx, tenant_id, [found.name])
    if (deployments.length > 0) throw artifactInUse(deployments)
    const now = env.now()
    await updateRelease(tx, { tenant_id, name: found.name, now: now.toISOString() })
    const object = eventObject('artifact', id, { name: found.name })
    await recordEvent(tx, actor, { at: now, action: 'delete', object })
  })
  await env.blobs.delete(`${tenant_id}/${id}`)
}

const remove = (tx: Db, actor: Actor, id: string) =>
  tx.first<{ name: string }>(sql`
    delete from artifacts a where tenant_id = ${actor.tenant_id} and id = ${id} ${andOfVisible(actor)} returning name`)

async function updateRelease(tx: Db, { tenant_id, name, now }: { tenant_id: string; name: string; now: string }) {
  const remaining = sql`exists (
    select 1 from artifacts a where a.tenant_id = releases.tenant_id and a.name = releases.name)`
  await tx.query(sql`
    delete from releases where tenant_id = ${tenant_id} and name = ${name} and not ${remaining}`)
  await tx.query(sql`
    update releases set modified = ${now} where tenant_id = ${tenant_id} and name = ${name}`)
}
