import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { type Env, nowText } from '../../env.ts'
import type { Term } from '../../inventory/filter.ts'
import type { Deployment } from '../deployment.ts'
import type { DeploymentQuery } from './find-deployments.ts'
import { listDeployments } from './list-deployments.ts'

const CHUNK = 500

/** All deployments that match and exist now, in chunks: those that are created during the walk would shift the others. */
export async function* walkDeployments(
  env: Env,
  viewer: Viewer,
  query: Omit<DeploymentQuery, 'limit' | 'offset'>,
  device: Term | undefined,
): AsyncGenerator<Deployment[]> {
  const existing = { ...query, created_before: query.created_before ?? nowText(env), limit: CHUNK }
  for (let offset = 0; ; offset += CHUNK) {
    const { deployments } = await listDeployments(env, viewer, { ...existing, offset }, device)
    if (deployments.length > 0) yield deployments
    if (deployments.length < CHUNK) return
  }
}
