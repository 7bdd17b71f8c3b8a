import type { Release } from '../../client/api.ts'
import { ServerError } from '../../client/server-error.ts'
import type { FileRelease } from '../../deployments/rollout-file.ts'
import type { Server } from '../remote/server.ts'
import { type Context, refusal } from './context.ts'
import { changeStep, differences, type Step } from './step.ts'

const RELEASE = '/api/management/v2/deployments/deployments/releases/{name}'

/** Throws a problem of the member if there is no release of this name. */
export const findRelease = (server: Server, name: string, field: string): Promise<Release> =>
  server.get(RELEASE, { path: { name } }).then(
    ({ body }) => body,
    (error) => {
      if (!(error instanceof ServerError && error.code === 'release_not_found')) throw error
      throw refusal(`There is no release "${name}": upload one of its artifacts first.`, field)
    },
  )

export async function planRelease({ server }: Context, { name, tags, notes }: FileRelease): Promise<Step> {
  const path = { name }
  const release = await findRelease(server, name, 'name')
  const wanted = { ...(tags && { tags: [...new Set(tags)].sort() }), ...(notes !== undefined && { notes }) }
  const changes = differences(release, wanted)
  const isChanged = (one: string) => changes.some(({ member }) => member === one)
  return changeStep('release', name, {
    changes,
    async run() {
      if (isChanged('tags')) await server.put(`${RELEASE}/tags`, { path, body: wanted.tags ?? [] })
      if (notes !== undefined && isChanged('notes')) await server.patch(RELEASE, { path, body: { notes } })
      return undefined
    },
  })
}
