import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { nothingToAbort } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { abort } from '../progress.ts'
import { keyOf } from '../rows/deployment-key.ts'
import { bumpVersions, lockProgress, saveProgress } from '../rows/progress-rows.ts'
import { abortPhases } from '../rows/rollout-rows.ts'
import { requireVisible } from '../rows/visible-deployments.ts'

/**
 * Ends a deployment permanently. Once this returns, no device is offered the deployment and every report on it is
 * rejected. Takes the same time for any number of devices: their rows count as aborted from now on, and `writeAborts`
 * writes them back later.
 */
export async function abortDeployment(env: Env, actor: Actor, deployment_id: string): Promise<void> {
  const key = { tenant_id: actor.tenant_id, deployment_id }
  const now = env.now()
  await env.db.transaction(async (tx) => {
    await requireVisible(tx, actor, deployment_id)
    // Locks: the progress row, its phases, then the tenant (CONTRIBUTING.md, "Locks").
    const locked = await lockProgress(tx, [key])
    const progress = locked.get(keyOf(key))
    if (!progress || progress.finished !== null) throw nothingToAbort()
    abort(progress, now.toISOString())
    await saveProgress(tx, locked, [key], now.toISOString())
    abortPhases(tx, key)
    // Its device may be known as idle because it waited for this deployment.
    if (progress.type === 'configuration') bumpVersions(tx, [key.tenant_id])
    const deployment = await tx.first<{ name: string; artifact_name: string }>(sql`
      select name, artifact_name from deployments where tenant_id = ${key.tenant_id} and id = ${deployment_id}`)
    const object = eventObject('deployment', deployment_id, deployment)
    await recordEvent(tx, actor, { at: now, action: 'abort', object })
  })
}
