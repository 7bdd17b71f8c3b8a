import type { Artifact } from '../../artifacts/artifact.ts'
import { findArtifactById } from '../../artifacts/find-artifacts.ts'
import { sql } from '../../db/sql.ts'
import { actionNotFound } from '../../ddi-errors.ts'
import type { LogMessage } from '../../deployments/device-log.ts'
import { closedUntil } from '../../deployments/rollout/opening.ts'
import type { RolloutRules } from '../../deployments/rollout/rules.ts'
import { findDeviceFacts } from '../../deployments/rows/device-fact-rows.ts'
import type { Env } from '../../env.ts'
import type { Controller } from '../access/controller.ts'
import { type Action, type ActionState, stateOf } from '../action.ts'
import { findAction } from './find-action.ts'

/** What a device needs to know to install the artifact of an action. */
export type ActionDetails = {
  action: Action
  artifact: Artifact
  /** Whether the device is in its window; undefined: the deployment has none. */
  in_window: boolean | undefined
  /** The log of the device, newest first. */
  history: readonly LogMessage[]
}

/** `state`: the one that the action must have. `history`: the most messages of the log to read; negative: all. */
export async function describeAction(
  env: Env,
  controller: Controller,
  { action_id, state, history }: { action_id: number; state: ActionState; history: number },
): Promise<ActionDetails> {
  const action = await findAction(env, controller, action_id)
  if (stateOf(action) !== state) throw actionNotFound()
  if (state === 'ended' && action.status !== 'success') throw actionNotFound()
  const artifact = await findArtifactById(env.db, action.tenant_id, action.artifact_id)
  if (!artifact) throw actionNotFound()
  return {
    ...{ action, artifact, in_window: await findInWindow(env, action) },
    history: history === 0 ? [] : await findHistory(env, action, history),
  }
}

async function findInWindow(env: Env, { tenant_id, device_id, deployment_id }: Action): Promise<boolean | undefined> {
  const deployment = await env.db.first<{ rollout: RolloutRules | null }>(sql`
    select rollout from deployments where tenant_id = ${tenant_id} and id = ${deployment_id}`)
  const rollout = deployment?.rollout ?? null
  if (!rollout?.windows && !rollout?.blackouts) return undefined
  const facts = await findDeviceFacts(env.db, { tenant_id, device_id, rolled_back: [] })
  return facts && closedUntil(rollout, facts.device, env.now().getTime()) === undefined
}

async function findHistory(env: Env, { tenant_id, device_id, deployment_id }: Action, most: number) {
  const log = await env.db.first<{ messages: LogMessage[] }>(sql`
    select messages from device_deployment_logs
    where tenant_id = ${tenant_id} and device_id = ${device_id} and deployment_id = ${deployment_id}`)
  const newest_first = (log?.messages ?? []).toReversed()
  return most < 0 ? newest_first : newest_first.slice(0, most)
}
