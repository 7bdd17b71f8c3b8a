import type { Deployment } from '../../client/api.ts'
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

/** Why a rollout is in its state, as a sentence with times in UTC. */
export const reasonText = (rollout: Rollout | undefined): string | undefined =>
  rollout?.reason && withTimes(rollout.reason.message, 'UTC')

/** `Paused: 5 of 9 devices failed`; undefined unless the deployment is held or paused. */
export function waitingText(deployment: Pick<Deployment, 'rollout'>): string | undefined {
  const rollout = rolloutOf(deployment)
  if (!isWaiting(rollout)) return undefined
  const { label } = rolloutStateStyle(rollout)
  const message = reasonText(rollout)
  if (message === undefined) return label
  return message.startsWith(label) ? message : `${label}: ${message}`
}
