import type { NewAnyDeployment } from '../../client/api.ts'
import type { Sent } from '../../client/operation.ts'
import type { Server } from '../remote/server.ts'
import { DEPLOYMENTS, DYNAMIC_DEPLOYMENTS } from './paths.ts'

/** Creates a deployment by the path for its kind of target, and returns its ID. */
export async function createDeployment(server: Server, deployment: Sent<NewAnyDeployment>): Promise<string> {
  const { filter_id, group, ...others } = deployment
  const created =
    filter_id !== undefined
      ? await server.create(DYNAMIC_DEPLOYMENTS, { body: { ...others, filter_id } })
      : group
        ? await server.create(`${DEPLOYMENTS}/group/{name}`, { path: { name: group }, body: others })
        : await server.create(DEPLOYMENTS, { body: others })
  return created.id
}
