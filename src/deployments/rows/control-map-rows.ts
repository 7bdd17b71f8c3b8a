import type { Actor } from '../../auth/actor.ts'
import type { Db, Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { deploymentFinished, deploymentNotFound } from '../../errors.ts'
import { objectDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Declared } from '../declaration.ts'
import type { ControlMap } from '../deployment.ts'
import { type DeploymentKey, keyOf } from './deployment-key.ts'
import { bumpVersions, lockProgress, saveProgress } from './progress-rows.ts'
import { requireVisible } from './visible-deployments.ts'

type MapChange = {
  deployment_id: string
  action: 'update' | 'continue'
  at: Date
  to: (before: ControlMap | null) => ControlMap | null
  /** What later declarations with the key of the deployment are compared with. */
  declared?: Declared
}

/** Changes the update control map of an unfinished deployment; null: it has none. */
export async function saveControlMap(tx: Transaction, actor: Actor, change: MapChange): Promise<void> {
  const { deployment_id, action, at, to, declared } = change
  const key = { tenant_id: actor.tenant_id, deployment_id }
  await requireVisible(tx, actor, deployment_id)
  // Locks: the progress row, the deployment, then the tenant (CONTRIBUTING.md, "Locks").
  const locked = await lockProgress(tx, [key])
  const progress = locked.get(keyOf(key))
  if (!progress) throw deploymentNotFound()
  if (progress.finished !== null) throw deploymentFinished()
  const { update_control_map: before, ...deployment } = await readControlMap(tx, key)
  const after = to(before)
  await tx.query(sql`
    update deployments set update_control_map = ${after ? JSON.stringify(after) : null},
      declared = coalesce((declared - 'update_control_map') || ${declared ? JSON.stringify(declared) : null}::jsonb, declared)
    where tenant_id = ${key.tenant_id} and id = ${deployment_id}`)
  await saveProgress(tx, locked, [key], at.toISOString())
  bumpVersions(tx, [key.tenant_id])
  const lines = objectDiff({ update_control_map: before }, { update_control_map: after })
  const object = eventObject('deployment', deployment_id, deployment)
  if (lines.length > 0) await recordEvent(tx, actor, { at, action, object, change: lines.join('\n') })
}

type ControlledDeployment = { name: string; artifact_name: string; update_control_map: ControlMap | null }

async function readControlMap(tx: Db, { tenant_id, deployment_id }: DeploymentKey): Promise<ControlledDeployment> {
  const found = await tx.first<ControlledDeployment>(sql`
    select name, artifact_name, update_control_map from deployments
    where tenant_id = ${tenant_id} and id = ${deployment_id}`)
  if (!found) throw deploymentNotFound()
  return found
}
