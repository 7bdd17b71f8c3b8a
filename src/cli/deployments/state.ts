import type { Deployment } from '../../deployments/deployment.ts'

/** In one word, also whether a finished one was aborted. */
export const stateOf = (deployment: Deployment): string => (deployment.aborted ? 'aborted' : String(deployment.status))
