import { ServerError } from '../../client/server-error.ts'
import type { SavedFilter } from '../../inventory/saved-filter.ts'
import type { Server } from '../remote/server.ts'
import { FILTERS } from './paths.ts'

/** The saved filter with this id or, where none has it, this name. */
export async function findFilter(server: Server, wanted: string): Promise<SavedFilter> {
  const filters = await server.list<SavedFilter>(FILTERS)
  const found = filters.find(({ id }) => id === wanted) ?? filters.find(({ name }) => name === wanted)
  if (!found)
    throw new ServerError(`There is no filter "${wanted}". Run "muster filters list" to see the filters.`, {
      status: 404,
      code: 'filter_not_found',
    })
  return found
}
