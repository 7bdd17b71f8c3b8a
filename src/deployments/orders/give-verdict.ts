import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { deploymentFinished } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { gateNotFound, verdictNotAsked } from '../../rollout-errors.ts'
import type { Verdict } from '../rollout/gate.ts'
import { lockRollout, requirePhase } from '../rows/lock-rollout.ts'
import { saveProgress } from '../rows/progress-rows.ts'
import { advance, isArmed, trip } from '../supervision.ts'

type GivenVerdict = {
  deployment_id: string
  phase_id: string
  program: string
  verdict: Verdict
  reason: string | undefined
}

/**
 * Takes the verdict of a program on a phase. `fail` trips the failure policy at once; without one it pauses.
 * What has tripped before stays as it is until somebody resumes the deployment.
 */
export async function giveVerdict(env: Env, actor: Actor, given: GivenVerdict): Promise<void> {
  const { deployment_id, phase_id, program, verdict, reason } = given
  await env.db.transaction(async (tx) => {
    // Locks: the progress row, which covers its phases, then the tenant (CONTRIBUTING.md, "Locks").
    const { locked, progress, deployment } = await lockRollout(tx, actor, deployment_id)
    const now = nowText(env)
    const phase = requirePhase(progress, phase_id)
    if (!phase.gate) throw gateNotFound()
    if (!phase.gate.verdicts.includes(program)) throw verdictNotAsked(program)
    if (progress.finished !== null) throw deploymentFinished()
    advance(progress, now)
    const is_repeated = phase.verdicts[program]?.verdict === verdict
    if (is_repeated && (verdict === 'pass' || !isArmed(progress))) return
    const by = { id: actor.user_id, email: actor.email }
    const stored = { verdict, at: now, by, ...(reason ? { reason } : {}) }
    phase.verdicts = { ...phase.verdicts, [program]: stored }
    tx.send(sql`
      update deployment_phases set verdicts = ${JSON.stringify(phase.verdicts)}
      where tenant_id = ${actor.tenant_id} and deployment_id = ${deployment_id} and phase_index = ${phase.phase_index}`)
    const object = eventObject('deployment', deployment_id, deployment)
    const change = [`${program}: ${verdict} for phase ${phase.phase_index + 1}`, ...(reason ? [reason] : [])].join('\n')
    await recordEvent(tx, actor, { at: env.now(), action: 'verdict', object, change })
    if (verdict === 'pass') advance(progress, now)
    else if (isArmed(progress)) trip(progress, { code: 'verdict_failed', phase_index: phase.phase_index, program, now })
    await saveProgress(tx, locked, [progress], now)
  })
}
