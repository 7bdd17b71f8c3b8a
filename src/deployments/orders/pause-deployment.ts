import type { Actor } from '../../auth/actor.ts'
import { type Env, nowText } from '../../env.ts'
import { deploymentFinished } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { announceDeployment, statisticsOf } from '../rows/announce-rows.ts'
import { lockRollout } from '../rows/lock-rollout.ts'
import { saveProgress } from '../rows/progress-rows.ts'

/**
 * Pauses a deployment: once this returns, no device gets its first offer or another attempt, on any process, until
 * somebody resumes it. Devices that have an offer go on. Takes the same time for any number of devices.
 */
export async function pauseDeployment(
  env: Env,
  actor: Actor,
  { deployment_id, reason }: { deployment_id: string; reason: string | undefined },
): Promise<void> {
  await env.db.transaction(async (tx) => {
    // Locks: the progress row, then the tenant (CONTRIBUTING.md, "Locks").
    const { locked, progress, deployment } = await lockRollout(tx, actor, deployment_id)
    const now = nowText(env)
    if (progress.finished !== null) throw deploymentFinished()
    if (progress.paused_at !== null) return
    const paused_by = { id: actor.user_id, email: actor.email }
    Object.assign(progress, { paused_at: now, paused_by, pause_reason: reason ?? null })
    await saveProgress(tx, locked, [progress], now)
    const key = { tenant_id: actor.tenant_id, deployment_id, ...deployment, at: now }
    const details = { by: paused_by, ...(reason ? { reason } : {}), statistics: statisticsOf(progress) }
    await announceDeployment(tx, key, [{ type: 'deployment-paused', details }])
    const object = eventObject('deployment', deployment_id, deployment)
    await recordEvent(tx, actor, { at: env.now(), action: 'pause', object, ...(reason ? { change: reason } : {}) })
  })
}
