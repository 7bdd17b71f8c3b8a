import { type Static, Type } from 'typebox'
import { badRequest } from '../errors.ts'
import { type FilterTerm, SCOPES } from './filter.ts'

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

/** Conditions, order and attributes of a list of devices. */
export type Query = {
  terms: readonly FilterTerm[]
  sort?: readonly Sort[] | undefined
  page: { per_page: number; offset: number }
  /** Only these attributes; all if empty. */
  attributes?: readonly Projection[] | undefined
  /** Only these devices; all if empty. */
  device_ids?: readonly string[] | undefined
  /** An id, identity attribute or name; if no device has it: part of the id, the group or any attribute, ignoring case. */
  text?: string | undefined
}

const MAX_SORTS = 10

export function requireSort(sort: readonly Sort[]): void {
  if (sort.length > MAX_SORTS) throw badRequest(`sort: at most ${MAX_SORTS} attributes`)
  for (const { order = 'asc', ...named } of sort) {
    requireNamed('sort', named)
    if (order !== 'asc' && order !== 'desc') throw badRequest('validation failed for sort: order: must be asc or desc.')
  }
}

const MAX_PROJECTIONS = 500

export function requireProjections(attributes: readonly Projection[]): void {
  if (attributes.length > MAX_PROJECTIONS) throw badRequest(`attributes: at most ${MAX_PROJECTIONS}`)
  for (const named of attributes) requireNamed('attributes', named)
}

function requireNamed(member: string, { scope, attribute }: Projection) {
  if (!(SCOPES as readonly string[]).includes(scope))
    throw badRequest(`validation failed for ${member}: scope: must be one of ${SCOPES.join(', ')}.`)
  if (attribute === '') throw badRequest(`validation failed for ${member}: attribute: cannot be blank.`)
}
