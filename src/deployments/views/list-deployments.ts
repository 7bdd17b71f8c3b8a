import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { type Env, nowText } from '../../env.ts'
import type { Term } from '../../inventory/filter.ts'
import { findDeploymentsByDevice } from './find-by-device.ts'
import { type DeploymentQuery, findDeployments } from './find-deployments.ts'

/** `device`: if no deployment has one of the names, those of the devices that match the term are returned. */
export async function listDeployments(env: Env, viewer: Viewer, query: DeploymentQuery, device: Term | undefined) {
  const context = [env.db.reads, viewer, nowText(env)] as const
  const named = await findDeployments(...context, query)
  if (!device || named.total > 0) return named
  const { names: _, ...others } = query
  return findDeploymentsByDevice(...context, { ...others, term: device })
}
