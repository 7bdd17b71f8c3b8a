import type { Actor, DeviceActor } from '../../auth/actor.ts'
import { planHas } from '../../auth/plan.ts'
import { recordAct } from '../../auth/record-act.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deploymentFinished, deploymentNotFound, featureNotInPlan } from '../../errors.ts'
import { differing } from '../../events/change-text.ts'
import { bumpVersions, type DeploymentKey, keyOf, lockProgress, saveProgress } from '../rows/progress-rows.ts'
import { requireVisible } from '../rows/visible-deployments.ts'

export type ControlMap = Record<string, unknown>

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
    const locked = await lockProgress(tx, [key])
    const progress = locked.get(keyOf(key))
    if (!progress) throw deploymentNotFound()
    if (progress.finished !== null) throw deploymentFinished()
    const before = await findControlMap(tx, key)
    await tx.query(sql`
      update deployments set update_control_map = ${map ? JSON.stringify(map) : null}
      where tenant_id = ${tenant_id} and id = ${deployment_id}`)
    saveProgress(tx, locked, [key])
    bumpVersions(tx, [tenant_id])
    const { update_control_map, ...deployment } = before
    const lines = differing({ update_control_map }, { update_control_map: map })
    const object = { id: deployment_id, type: 'deployment' as const, deployment }
    if (lines.length > 0)
      await recordAct(tx, actor, { at: env.now(), action: 'update', object, change: lines.join('\n') })
  })
}

type Found = { name: string; artifact_name: string; update_control_map: ControlMap | null }

async function findControlMap(tx: Db, { tenant_id, deployment_id }: DeploymentKey): Promise<Found> {
  const found = await tx.first<Found>(sql`
    select name, artifact_name, update_control_map from deployments
    where tenant_id = ${tenant_id} and id = ${deployment_id}`)
  if (!found) throw deploymentNotFound()
  return found
}

/** The map for a device in the middle of the deployment; a refusal tells it that the deployment was taken from it. */
export async function controlMapFor(
  env: Env,
  { tenant_id, device_id }: DeviceActor,
  deployment_id: string,
): Promise<ControlMap> {
  const row = await env.db.first<{ update_control_map: ControlMap | null }>(sql`
    select d.update_control_map from effective_device_deployments dd
      join deployments d on d.tenant_id = dd.tenant_id and d.id = dd.deployment_id
    where dd.tenant_id = ${tenant_id} and dd.device_id = ${device_id} and dd.deployment_id = ${deployment_id} and dd.is_active`)
  if (!row) throw deploymentNotFound()
  // A client that got a map once insists on one: of a map taken away it learns by an empty one.
  return asDelivered(deployment_id, row.update_control_map ?? { states: {} })
}

/** Clients refuse a map without an id and a priority. */
export const asDelivered = (deployment_id: string, map: ControlMap): ControlMap => ({
  id: deployment_id,
  priority: 0,
  ...map,
})
