import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { deploymentFinished, invalidField } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { gateNotFound, gateOpen } from '../../rollout-errors.ts'
import { lockRollout, requirePhase } from '../rows/lock-rollout.ts'
import { saveProgress } from '../rows/progress-rows.ts'
import { advance } from '../supervision.ts'

type Opening = { deployment_id: string; phase_id: string; reason: string }

/** Opens the gate of a phase although it does not hold. The reason is written to the audit log. */
export async function openGate(env: Env, actor: Actor, { deployment_id, phase_id, reason }: Opening): Promise<void> {
  if (reason.trim() === '') throw invalidField('reason', 'cannot be blank')
  await env.db.transaction(async (tx) => {
    // Locks: the progress row, which covers its phases, then the tenant (CONTRIBUTING.md, "Locks").
    const { locked, progress, deployment } = await lockRollout(tx, actor, deployment_id)
    const now = nowText(env)
    if (progress.finished !== null) throw deploymentFinished()
    const phase = requirePhase(progress, phase_id)
    if (!phase.gate) throw gateNotFound()
    advance(progress, now)
    if (phase.gate_opened_at !== null) throw gateOpen()
    phase.gate_opened_at = now
    progress.changed_phases.add(phase.phase_index)
    const by = JSON.stringify({ id: actor.user_id, email: actor.email })
    tx.send(sql`
      update deployment_phases set gate_opened_by = ${by}, gate_open_reason = ${reason}
      where tenant_id = ${actor.tenant_id} and deployment_id = ${deployment_id} and phase_index = ${phase.phase_index}`)
    const object = eventObject('deployment', deployment_id, deployment)
    const change = `Opened the gate of phase ${phase.phase_index + 1}, which did not hold\n${reason}`
    await recordEvent(tx, actor, { at: env.now(), action: 'open', object, change })
    advance(progress, now)
    await saveProgress(tx, locked, [progress], now)
  })
}
