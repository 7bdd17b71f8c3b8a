import { noConfigurationRollback } from '../../addon-errors.ts'
import type { Actor } from '../../auth/actor.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { historyRemoved, nothingToRollBack, rolledBackAlready } from '../../rollout-errors.ts'
import type { DeploymentType } from '../deployment-type.ts'
import { abort } from '../progress.ts'
import type { DeploymentKey } from '../rows/deployment-key.ts'
import { lockRollout } from '../rows/lock-rollout.ts'
import { saveProgress } from '../rows/progress-rows.ts'
import { createRollback } from '../rows/rollback-rows.ts'
import { abortPhases } from '../rows/rollout-rows.ts'
import { requireArtifact } from './plan-deployment.ts'

type Request = { deployment_id: string; artifact_name: string; keep_limits: boolean }

/**
 * Aborts a deployment, unless it is finished, and deploys a release to the devices that have had an offer of it, in one
 * transaction. Returns the id of the new deployment.
 */
export async function rollBackDeployment(
  env: Env,
  actor: Actor,
  { deployment_id, artifact_name, keep_limits }: Request,
): Promise<{ id: string }> {
  return env.db.transaction(async (tx) => {
    // Locks: the progress row, its phases, then the tenant (CONTRIBUTING.md, "Locks").
    const { locked, progress, deployment } = await lockRollout(tx, actor, deployment_id)
    const now = nowText(env)
    if (progress.rolled_back_by !== null) throw rolledBackAlready()
    await requireRelease(tx, progress)
    await requireArtifact(tx, actor, artifact_name)
    if (progress.finished === null) {
      abort(progress, now)
      await saveProgress(tx, locked, [progress], now)
      abortPhases(tx, progress)
    }
    const id = await createRollback(tx, { of: progress, artifact_name, keep_limits, actor, at: env.now() })
    if (id === undefined) throw nothingToRollBack()
    const object = eventObject('deployment', deployment_id, deployment)
    await recordEvent(tx, actor, { at: env.now(), action: 'rollback', object, change: `To ${artifact_name}` })
    // Again, now that the locked tenant prevents changes of artifacts: the last one may have been deleted.
    await requireArtifact(tx, actor, artifact_name)
    return { id }
  })
}

/** A rollback finds its devices by their rows, which the removal of old history deletes one after the other. */
async function requireRelease(tx: Db, { tenant_id, deployment_id }: DeploymentKey): Promise<void> {
  const found = await tx.first<{ type: DeploymentType; is_kept: boolean }>(sql`
    select d.type, p.history = 'kept' as is_kept
    from deployment_progress p join deployments d on d.tenant_id = p.tenant_id and d.id = p.deployment_id
    where p.tenant_id = ${tenant_id} and p.deployment_id = ${deployment_id}`)
  if (found?.type === 'configuration') throw noConfigurationRollback()
  if (!found?.is_kept) throw historyRemoved()
}
