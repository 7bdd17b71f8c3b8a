import type { Deployment } from '../../deployments/deployment.ts'
import { DEPLOYMENT_STATUS_STYLES, type StatusStyle } from '../../texts/statuses.ts'

/** Distinguishes aborted deployments from other finished ones. */
export const statusStyleOf = ({ aborted, status }: Deployment): StatusStyle | undefined =>
  DEPLOYMENT_STATUS_STYLES[aborted ? 'aborted' : String(status)]

export const stateOf = (deployment: Deployment): string => statusStyleOf(deployment)?.label ?? String(deployment.status)
