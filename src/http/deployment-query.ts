import { type Static, Type } from 'typebox'
import { type DeploymentQuery, STATES } from '../deployments/find-deployments.ts'
import { badRequest } from '../errors.ts'
import { PagingQuery } from './paging.ts'
import { readSeconds } from './unix-seconds.ts'

export const ListQuery = Type.Object({
  ...PagingQuery,
  status: Type.Optional(Type.String({ description: 'scheduled, pending, inprogress or finished (also: aborted)' })),
  state: Type.Optional(
    Type.String({
      description:
        'scheduled, running (pending or inprogress), finished (by itself) or aborted: each deployment is in one',
    }),
  ),
  type: Type.Optional(Type.String({ description: 'software or configuration' })),
  search: Type.Optional(Type.String({ description: 'Part of the name or the artifact name' })),
  created_after: Type.Optional(Type.String({ description: 'Unix seconds, inclusive' })),
  created_before: Type.Optional(Type.String({ description: 'Unix seconds, inclusive' })),
  sort: Type.Optional(Type.String({ description: 'asc or desc, by creation' })),
  id: Type.Optional(Type.Array(Type.String(), { description: 'Any of these ids' })),
  name: Type.Optional(Type.Array(Type.String(), { description: 'Any of these names' })),
})

const STATUSES = ['scheduled', 'pending', 'inprogress', 'finished']

export function listQuery(query: Static<typeof ListQuery>): Omit<DeploymentQuery, 'limit' | 'offset'> {
  const status = query.status === 'aborted' ? 'finished' : query.status || undefined
  if (status !== undefined && !STATUSES.includes(status)) throw badRequest(`unknown status ${status}`)
  const state = STATES.find((one) => one === query.state)
  if (query.state && !state) throw badRequest(`state: must be one of ${STATES.join(', ')}`)
  const type = query.type || undefined
  if (type !== undefined && type !== 'software' && type !== 'configuration')
    throw badRequest(`unknown deployment type ${type}`)
  const sort = query.sort || 'desc'
  if (sort !== 'asc' && sort !== 'desc') throw badRequest('invalid form value: must be one of "asc" or "desc"')
  return {
    status,
    state,
    type,
    search: query.search || undefined,
    ids: query.id,
    names: query.name,
    created_after: readSeconds('created_after', query.created_after),
    created_before: readSeconds('created_before', query.created_before),
    ascending: sort === 'asc',
  }
}
