import type { Actor } from '../../auth/actor.ts'
import { type Env, nowText } from '../../env.ts'
import { deploymentFinished } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { notPaused } from '../../rollout-errors.ts'
import { announceDeployment } from '../rows/announce-rows.ts'
import { lockRollout } from '../rows/lock-rollout.ts'
import { bumpVersions, saveProgress } from '../rows/progress-rows.ts'
import { resumeRollout } from '../supervision.ts'

/** Ends the pause of a deployment. Its failure policy counts only what ends from now on. */
export async function resumeDeployment(
  env: Env,
  actor: Actor,
  { deployment_id, reason }: { deployment_id: string; reason: string | undefined },
): Promise<void> {
  await env.db.transaction(async (tx) => {
    // Locks: the progress row, then the tenant (CONTRIBUTING.md, "Locks").
    const { locked, progress, deployment } = await lockRollout(tx, actor, deployment_id)
    const now = nowText(env)
    if (progress.finished !== null) throw deploymentFinished()
    if (progress.paused_at === null) throw notPaused()
    resumeRollout(progress, now)
    await saveProgress(tx, locked, [progress], now)
    bumpVersions(tx, [actor.tenant_id])
    const key = { tenant_id: actor.tenant_id, deployment_id, ...deployment, at: now }
    const details = { by: { id: actor.user_id, email: actor.email }, ...(reason ? { reason } : {}) }
    await announceDeployment(tx, key, [{ type: 'deployment-resumed', details }])
    const object = eventObject('deployment', deployment_id, deployment)
    await recordEvent(tx, actor, { at: env.now(), action: 'resume', object, ...(reason ? { change: reason } : {}) })
  })
}
