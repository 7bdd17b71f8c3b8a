import type { Deployment } from '../../deployments/deployment.ts'
import { DEPLOYMENT_LOOK, type Look } from '../../texts/statuses.ts'

/** Also whether a finished one was aborted. */
export const lookOf = ({ aborted, status }: Deployment): Look | undefined =>
  DEPLOYMENT_LOOK[aborted ? 'aborted' : String(status)]

export const stateOf = (deployment: Deployment): string => lookOf(deployment)?.label ?? String(deployment.status)
