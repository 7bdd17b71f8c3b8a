import { sql } from '../../db/sql.ts'
import { actionClosed } from '../../ddi-errors.ts'
import { appendLog } from '../../deployments/reports/append-log.ts'
import { reportStatus } from '../../deployments/reports/report-status.ts'
import { type Env, nowText } from '../../env.ts'
import { writeScope } from '../../inventory/attributes/write-scope.ts'
import { Refusal } from '../../refusal.ts'
import type { Controller } from '../access/controller.ts'
import { type Action, stateOf } from '../action.ts'
import { type Feedback, logLinesOf, type Meaning, meaningOf } from '../feedback.ts'
import { endAction } from './end-action.ts'
import { findAction } from './find-action.ts'

/**
 * Takes what a device says about an action. In several transactions, the last of which closes the action: a device
 * repeats a feedback that was not acknowledged, and each of them may be repeated.
 */
export async function takeFeedback(
  env: Env,
  controller: Controller,
  { action_id, feedback }: { action_id: number; feedback: Feedback },
): Promise<void> {
  const action = await findAction(env, controller, action_id)
  const meaning = meaningOf(feedback, action)
  if (action.closed !== null || (stateOf(action) === 'ended' && meaning.kind === 'working')) throw actionClosed()
  await logDetails(env, action, { feedback, meaning })
  const has_succeeded = meaning.kind === 'ended' && meaning.report.status === 'success'
  if (has_succeeded) await saveInstalled(env, action)
  if (isReported(action)) await report(env, action, meaning)
  if (meaning.kind !== 'working') await endAction(env, action, { asks: has_succeeded })
}

/** An attempt that has ended is reported, too: what the device says replaces what the server concluded. */
const isReported = (action: Action): boolean => stateOf(action) !== 'canceling' && action.attempts === action.attempt

async function logDetails(env: Env, action: Action, { feedback, meaning }: { feedback: Feedback; meaning: Meaning }) {
  const level = meaning.kind === 'ended' && meaning.report.status === 'failure' ? 'error' : 'info'
  const messages = logLinesOf(feedback, { timestamp: nowText(env), level })
  await appendLog(env, action, { messages, replace: !action.reported })
  if (messages.length > 0 && !action.reported) await noteReported(env, action)
}

const noteReported = (env: Env, { tenant_id, device_id, action_id }: Action) =>
  env.db.query(sql`
    update ddi_actions set reported = true
    where tenant_id = ${tenant_id} and device_id = ${device_id} and action_id = ${action_id}`)

/** Devices do not say what they run, so the server does: first, so that the next poll sees it. */
async function saveInstalled(env: Env, { tenant_id, device_id, deployment_id }: Action) {
  const deployment = await env.db.first<{ artifact_name: string }>(sql`
    select artifact_name from deployments where tenant_id = ${tenant_id} and id = ${deployment_id}`)
  if (!deployment) return
  const attributes = [{ name: 'artifact_name', value: deployment.artifact_name }]
  await writeScope(env, { tenant_id, device_id, scope: 'inventory', replace: false, check_in: true, attributes })
}

async function report(env: Env, action: Action, meaning: Meaning): Promise<void> {
  const { report } =
    meaning.kind === 'canceled'
      ? { report: { status: 'failure' as const, substate: 'canceled by the device' } }
      : meaning
  // An abort in the meantime: the device learns of it at its next poll.
  const { deployment_id, attempt } = action
  await reportStatus(env, action, deployment_id, { ...report, attempt }).catch((error) => {
    if (!(error instanceof Refusal) || error.code !== 'deployment_aborted') throw error
  })
}
