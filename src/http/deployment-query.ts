import { type Static, Type } from 'typebox'
import { type DeploymentQuery, STATES } from '../deployments/views/find-deployments.ts'
import { badRequest } from '../errors.ts'
import { requireTerms, type Term } from '../inventory/filter.ts'
import { storedValues } from '../inventory/list-query.ts'
import { PagingQuery } from './paging.ts'
import { readSeconds } from './unix-seconds.ts'

const ID_SCOPES = ['identity', 'inventory', 'tags']

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
  id_attribute: Type.Optional(
    Type.String({
      description:
        'Where no deployment has the name: those of the devices whose attribute of this name has it for its value',
    }),
  ),
  id_scope: Type.Optional(
    Type.String({
      description: `Scope of id_attribute: ${ID_SCOPES.join(', ')}; if not given tags for the attribute name, else identity`,
    }),
  ),
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

/** What the devices have whose deployments are wanted where none is found by its name. */
export function deviceTerm({ name = [], id_attribute, id_scope }: Static<typeof ListQuery>): Term | undefined {
  if (id_scope && !id_attribute) throw badRequest('id_scope requires id_attribute')
  if (!id_attribute) return undefined
  if (name.length === 0) throw badRequest('id_attribute requires name, the value to look for')
  const scope = id_scope || (id_attribute === 'name' ? 'tags' : 'identity')
  if (!ID_SCOPES.includes(scope)) throw badRequest(`id_scope: must be one of ${ID_SCOPES.join(', ')}`)
  const term = { scope, attribute: id_attribute, type: '$in', value: name.flatMap(storedValues) }
  requireTerms([term])
  return term
}
