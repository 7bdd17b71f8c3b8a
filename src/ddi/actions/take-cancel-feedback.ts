import { sql } from '../../db/sql.ts'
import { actionClosed, actionNotFound } from '../../ddi-errors.ts'
import { appendLog } from '../../deployments/reports/append-log.ts'
import { type Env, nowText } from '../../env.ts'
import type { Controller } from '../access/controller.ts'
import { stateOf } from '../action.ts'
import { type Feedback, logLinesOf } from '../feedback.ts'
import type { ActionKey } from '../rows/action-rows.ts'
import { endAction } from './end-action.ts'
import { findAction } from './find-action.ts'

/**
 * Takes the answer of a device that was asked to cancel an action. A device that rejects that goes on, and ends the
 * action later: the deployment stays aborted, but what the device runs is known.
 */
export async function takeCancelFeedback(
  env: Env,
  controller: Controller,
  { action_id, feedback }: { action_id: number; feedback: Feedback },
): Promise<void> {
  const action = await findAction(env, controller, action_id)
  if (stateOf(action) === 'active') throw actionNotFound()
  if (action.closed !== null) throw actionClosed()
  const messages = logLinesOf(feedback, { timestamp: nowText(env), level: 'info' })
  await appendLog(env, action, { messages, replace: false })
  const { execution } = feedback.status
  if (execution === 'closed' || execution === 'canceled') await endAction(env, action, { asks: false })
  if (execution === 'rejected') await noteRejected(env, action)
}

const noteRejected = (env: Env, { tenant_id, device_id, action_id }: ActionKey) =>
  env.db.query(sql`
    update ddi_actions set cancel_rejected = true
    where tenant_id = ${tenant_id} and device_id = ${device_id} and action_id = ${action_id}`)
