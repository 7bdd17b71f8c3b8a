import type { Actor } from '../../auth/actor.ts'
import { planHas } from '../../auth/plan.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { deploymentFinished, deploymentNotFound, featureNotInPlan } from '../../errors.ts'
import { objectDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { ControlMap } from '../deployment.ts'
import { type DeploymentKey, keyOf } from '../rows/deployment-key.ts'
import { bumpVersions, lockProgress, saveProgress } from '../rows/progress-rows.ts'
import { requireVisible } from '../rows/visible-deployments.ts'

/** Sets the update control map of an unfinished deployment; null removes it. */
export async function changeControlMap(
  env: Env,
  actor: Actor,
  deployment_id: string,
  map: ControlMap | null,
): Promise<void> {
  const { tenant_id, plan } = actor
  if (!planHas(plan, 'update_control_map')) throw featureNotInPlan()
  const key = { tenant_id, deployment_id }
  await env.db.transaction(async (tx) => {
    await requireVisible(tx, actor, deployment_id)
    // Locks: the progress row, the deployment, then the tenant (CONTRIBUTING.md, "Locks").
    const locked = await lockProgress(tx, [key])
    const progress = locked.get(keyOf(key))
    if (!progress) throw deploymentNotFound()
    if (progress.finished !== null) throw deploymentFinished()
    const { update_control_map: before, ...deployment } = await readControlMap(tx, key)
    await tx.query(sql`
      update deployments set update_control_map = ${map ? JSON.stringify(map) : null}
      where tenant_id = ${tenant_id} and id = ${deployment_id}`)
    await saveProgress(tx, locked, [key], nowText(env))
    bumpVersions(tx, [tenant_id])
    const lines = objectDiff({ update_control_map: before }, { update_control_map: map })
    const object = eventObject('deployment', deployment_id, deployment)
    if (lines.length > 0)
      await recordEvent(tx, actor, { at: env.now(), action: 'update', object, change: lines.join('\n') })
  })
}

type ControlledDeployment = { name: string; artifact_name: string; update_control_map: ControlMap | null }

async function readControlMap(tx: Db, { tenant_id, deployment_id }: DeploymentKey): Promise<ControlledDeployment> {
  const found = await tx.first<ControlledDeployment>(sql`
    select name, artifact_name, update_control_map from deployments
    where tenant_id = ${tenant_id} and id = ${deployment_id}`)
  if (!found) throw deploymentNotFound()
  return found
}
