import type { Actor } from '../../auth/actor.ts'
import type { Db } from '../../db/db.ts'
import { join, raw, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { nothingToAbort } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { ACTIVE_STATUSES } from '../device-status.ts'
import { abort } from '../progress.ts'
import { type DeploymentKey, keyOf, lockProgress, saveProgress } from '../rows/progress-rows.ts'
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
    saveProgress(tx, locked, [key])
    await abortPhases(tx, key)
    const deployment = await tx.first<{ name: string; artifact_name: string }>(sql`
      select name, artifact_name from deployments where tenant_id = ${key.tenant_id} and id = ${deployment_id}`)
    const object = eventObject('deployment', deployment_id, deployment)
    await recordEvent(tx, actor, { at: now, action: 'abort', object })
  })
}

const ACTIVE = ACTIVE_STATUSES.map((status) => raw(`"${status}"`))

const abortPhases = (tx: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  tx.query(sql`
    update deployment_phases set
      "aborted" = "aborted" + ${join(ACTIVE, raw(' + '))}, ${join(ACTIVE.map((column) => sql`${column} = 0`))}
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}`)
