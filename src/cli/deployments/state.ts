import type { Deployment } from '../../deployments/deployment.ts'
import { rolloutStateStyle } from '../../texts/rollouts.ts'
import { DEPLOYMENT_STATUS_STYLES, type StatusStyle } from '../../texts/statuses.ts'
import { withTimes } from '../../texts/times.ts'

type Rollout = Deployment['rollout']

/** Undefined if the server is of a version before deployments had a rollout. */
export const rolloutOf = ({ rollout }: Pick<Deployment, 'rollout'>): Rollout | undefined => rollout

/** Whether an unfinished deployment waits: held or paused. */
const isWaiting = (rollout: Rollout | undefined): rollout is Rollout =>
  rollout?.state === 'held' || rollout?.state === 'paused'

/** Distinguishes aborted deployments from other finished ones, and held and paused ones from other unfinished ones. */
export function statusStyleOf({ aborted, status, rollout }: Deployment): StatusStyle | undefined {
  if (isWaiting(rollout)) return rolloutStateStyle(rollout)
  return DEPLOYMENT_STATUS_STYLES[aborted ? 'aborted' : String(status)]
}

export const stateOf = (deployment: Deployment): string => statusStyleOf(deployment)?.label ?? String(deployment.status)

/** `Paused: 5 devices have failed`; undefined while a deployment neither waits nor has stopped. */
export function waitingText(deployment: Pick<Deployment, 'rollout'>): string | undefined {
  const rollout = rolloutOf(deployment)
  if (!isWaiting(rollout)) return undefined
  const { label } = rolloutStateStyle(rollout)
  return rollout.reason ? `${label}: ${withTimes(rollout.reason.message, 'UTC')}` : label
}
