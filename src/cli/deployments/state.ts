import type { Deployment } from '../../deployments/deployment.ts'
import { isAborted } from './outcome.ts'

/** In one word, also whether a finished one was aborted. */
export const stateOf = (deployment: Deployment): string =>
  isAborted(deployment) ? 'aborted' : String(deployment.status)
