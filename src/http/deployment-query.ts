import { type Static, Type } from 'typebox'
import { type DeploymentQuery, STATES } from '../deployments/views/find-deployments.ts'
import { badRequest } from '../errors.ts'
import { requireTerms, type Term } from '../inventory/filter.ts'
import { storedValues } from '../inventory/list-query.ts'
import { PagingQuery } from './paging.ts'
import { readSeconds, secondsParameter } from './unix-seconds.ts'

const ID_SCOPES = ['identity', 'inventory', 'tags']

export const ListQuery = Type.Object({
  ...PagingQuery,
  status: Type.Optional(
    Type.String({ description: '`scheduled`, `pending`, `inprogress` or `finished`, which includes aborted ones' }),
  ),
  state: Type.Optional(
    Type.String({
      description:
        '`scheduled`, `running` (pending or in progress), `finished` (by itself) or `aborted`; a deployment has one of them',
    }),
  ),
  type: Type.Optional(Type.String({ description: '`software` or `configuration`' })),
  search: Type.Optional(Type.String({ description: 'Part of the name or of the name of the release, in any case' })),
  created_after: secondsParameter('Earliest creation'),
  created_before: secondsParameter('Latest creation'),
  sort: Type.Optional(Type.String({ description: '`asc` or `desc`, by creation; by default `desc`' })),
  id: Type.Optional(Type.Array(Type.String(), { description: 'Any of these IDs' })),
  name: Type.Optional(Type.Array(Type.String(), { description: 'Any of these names' })),
  id_attribute: Type.Optional(
    Type.String({
      description:
        'If no deployment has the name: name of an attribute; returns the deployments of the devices that have `name` as its value',
    }),
  ),
  id_scope: Type.Optional(
    Type.String({
      description: `Scope of \`id_attribute\`: ${ID_SCOPES.join(', ')}; by default tags for the attribute \`name\`, otherwise identity`,
    }),
  ),
})

const STATUSES = ['scheduled', 'pending', 'inprogress', 'finished']

/** Reads the parameters but for the page and the attribute of devices. */
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

/** The attribute of the devices whose deployments to return if none has the name. */
export function deviceTerm({ name = [], id_attribute, id_scope }: Static<typeof ListQuery>): Term | undefined {
  if (id_scope && !id_attribute) throw badRequest('id_scope needs id_attribute: give both.')
  if (!id_attribute) return undefined
  if (name.length === 0) throw badRequest('id_attribute needs name, the value to search for: give both.')
  const scope = id_scope || (id_attribute === 'name' ? 'tags' : 'identity')
  if (!ID_SCOPES.includes(scope)) throw badRequest(`id_scope: must be one of ${ID_SCOPES.join(', ')}`)
  const term = { scope, attribute: id_attribute, type: '$in', value: name.flatMap(storedValues) }
  requireTerms([term])
  return term
}
