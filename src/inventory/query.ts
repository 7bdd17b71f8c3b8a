import { type Static, Type } from 'typebox'
import { badRequest } from '../errors.ts'
import { SCOPES, type Term } from './filter.ts'

const scope = Type.String({ description: `Scope of the attribute: one of ${SCOPES.join(', ')}` })
const attribute = Type.String({ description: 'Name of the attribute' })

export const Sort = Type.Object(
  { scope, attribute, order: Type.Optional(Type.String({ description: '`asc` or `desc`; by default `asc`' })) },
  { title: 'SortCriterion', description: 'An attribute to sort by' },
)
export type Sort = Static<typeof Sort>

export const Projection = Type.Object(
  { scope, attribute },
  { title: 'AttributeName', description: 'Which attribute to return' },
)
export type Projection = Static<typeof Projection>

/** Which devices, in which order, and what of them. */
export type Query = {
  terms: readonly Term[]
  sort?: readonly Sort[] | undefined
  page: { per_page: number; offset: number }
  /** Only these attributes; none named: all. */
  attributes?: readonly Projection[] | undefined
  /** Only these devices; none named: all. */
  device_ids?: readonly string[] | undefined
  /** An id or a value of identity; where no device is known by it, to be found in the id, the group or any attribute, whatever the case. */
  text?: string | undefined
}

const MOST_SORTS = 10

export function requireSort(sort: readonly Sort[]): void {
  if (sort.length > MOST_SORTS) throw badRequest(`sort: at most ${MOST_SORTS} attributes`)
  for (const { order = 'asc', ...named } of sort) {
    requireNamed('sort', named)
    if (order !== 'asc' && order !== 'desc') throw badRequest('validation failed for sort: order: must be asc or desc.')
  }
}

const MOST_PROJECTED = 500

export function requireProjections(attributes: readonly Projection[]): void {
  if (attributes.length > MOST_PROJECTED) throw badRequest(`attributes: at most ${MOST_PROJECTED}`)
  for (const named of attributes) requireNamed('attributes', named)
}

function requireNamed(member: string, { scope, attribute }: Projection) {
  if (!(SCOPES as readonly string[]).includes(scope))
    throw badRequest(`validation failed for ${member}: scope: must be one of ${SCOPES.join(', ')}.`)
  if (attribute === '') throw badRequest(`validation failed for ${member}: attribute: cannot be blank.`)
}
