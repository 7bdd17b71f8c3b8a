import type { Filter } from '../../client/api.ts'
import { ServerError } from '../../client/server-error.ts'
import type { Server } from '../remote/server.ts'
import { FILTERS } from './paths.ts'

/** The saved filter with this ID or, if there is none, with this name. */
export async function findFilter(server: Server, key: string): Promise<Filter> {
  const filters = await server.list(FILTERS)
  const found = filters.find(({ id }) => id === key) ?? filters.find(({ name }) => name === key)
  if (!found)
    throw new ServerError(`There is no filter "${key}". Run "muster filters list" to see the filters.`, {
      status: 404,
      code: 'filter_not_found',
    })
  return found
}
