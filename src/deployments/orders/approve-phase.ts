import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { deploymentFinished } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { approvalByCreator, notAwaitingApproval } from '../../rollout-errors.ts'
import { stageOf } from '../phase-state.ts'
import { lockRollout, requirePhase } from '../rows/lock-rollout.ts'
import { saveProgress } from '../rows/progress-rows.ts'
import { advance } from '../supervision.ts'

type Approval = { deployment_id: string; phase_id: string; comment: string | undefined }

/** Approves the gate of a phase, which opens by it: the gate has to be waiting for nothing else. */
export async function approvePhase(
  env: Env,
  actor: Actor,
  { deployment_id, phase_id, comment }: Approval,
): Promise<void> {
  await env.db.transaction(async (tx) => {
    // Locks: the progress row, which covers its phases, then the tenant (CONTRIBUTING.md, "Locks").
    const { locked, progress, deployment, created_by } = await lockRollout(tx, actor, deployment_id)
    const now = nowText(env)
    if (progress.finished !== null) throw deploymentFinished()
    const phase = requirePhase(progress, phase_id)
    advance(progress, now)
    if (stageOf(progress.phases, phase.phase_index, now) !== 'awaiting_approval') throw notAwaitingApproval()
    if (phase.gate?.approval === 'other_user' && created_by?.id === actor.user_id) throw approvalByCreator()
    phase.approved_at = now
    const by = JSON.stringify({ id: actor.user_id, email: actor.email })
    tx.send(sql`
      update deployment_phases set approved_at = ${now}, approved_by = ${by}, approval_comment = ${comment ?? null}
      where tenant_id = ${actor.tenant_id} and deployment_id = ${deployment_id} and phase_index = ${phase.phase_index}`)
    const object = eventObject('deployment', deployment_id, deployment)
    const change = [`Approved phase ${phase.phase_index + 1}`, ...(comment ? [comment] : [])].join('\n')
    await recordEvent(tx, actor, { at: env.now(), action: 'approve', object, change })
    advance(progress, now)
    await saveProgress(tx, locked, [progress], now)
  })
}
