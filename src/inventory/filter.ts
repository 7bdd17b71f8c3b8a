import { type Static, Type } from 'typebox'
import type { Dialect } from '../auth/dialect.ts'
import { badRequest, badTerm } from '../errors.ts'
import { Refusal } from '../refusal.ts'
import { GROUPS, isGroup } from '../texts/terms.ts'
import { toTest } from './operators.ts'
import { requirePattern } from './patterns/pattern.ts'
import { isVersionOperator, readVersion } from './patterns/version.ts'

export const SCOPES = ['system', 'identity', 'inventory', 'monitor', 'tags'] as const
export const OPERATORS = [
  ...['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists', '$regex', '$ltne'],
  ...['$version_eq', '$version_gt', '$version_gte', '$version_lt', '$version_lte'],
] as const

export type Scalar = string | number | boolean
export type TermValue = Scalar | Scalar[]

export const Term = Type.Object(
  {
    scope: Type.String({ description: `Scope of the attribute: one of ${SCOPES.join(', ')}` }),
    attribute: Type.String({ description: 'Name of the attribute' }),
    type: Type.String({ description: `Operator: one of ${OPERATORS.join(', ')}` }),
    value: Type.Unsafe<TermValue>({
      description:
        'A string, a number, a boolean, or an array of these. For `$regex` a pattern of RE2: `(?i)` at its beginning ignores case, `^(?!X)` matches what does not begin with X, `(?!X)` what does not contain X. For `$version_lt` and the like a semantic version as a string, such as `1.4.2` or `v2.0.0-rc.1`; a stored value that is none does not match',
    }),
  },
  { title: 'FilterTerm', description: 'A condition on one attribute' },
)
export type Term = Static<typeof Term>

export type TermGroup = { type: string; terms: FilterTerm[] }
/** What a filter is a list of. */
export type FilterTerm = Term | TermGroup

const TermGroup = Type.Object(
  {
    type: Type.String({
      description:
        '`$and`: all of its terms hold; `$or`: at least one of them does; `$not`: its one term does not hold',
    }),
    terms: Type.Unsafe<FilterTerm[]>({
      // Checked by `requireTerms`.
      ...{ type: 'array', items: { 'x-schema': 'AnyFilterTerm' } },
      description: 'Terms and further groups, up to 4 levels deep; of `$not` exactly one',
    }),
  },
  { title: 'FilterTermGroup', description: 'Terms that are combined' },
)

export const FilterTerm = Type.Unsafe<FilterTerm>({
  title: 'AnyFilterTerm',
  description: 'A condition on one attribute, or a group of terms',
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  ...{ if: { properties: { type: { enum: GROUPS } }, required: ['type'] }, then: TermGroup, else: Term },
})

/** The conditions of a filter without their groups. */
export const conditionsIn = (terms: readonly FilterTerm[]): Term[] =>
  terms.flatMap((term) => (isGroup(term) ? conditionsIn(term.terms) : [term]))

export type AttributeValue = string | number | string[] | number[]
export type Attributes = Record<string, Record<string, AttributeValue>>

/** What filters reference of a device. Times are RFC 3339 with milliseconds and `Z`. */
export type Filterable = {
  id: string
  status: string
  dialect: Dialect
  group_name: string | null
  created_ts: string
  attributes_updated_ts: string
  check_in_time: string | null
  pinned_until: string | null
  attributes: Attributes
}

const MAX_TERMS = 100
const MAX_DEPTH = 4
const MAX_NAME_LENGTH = 1024
const MAX_VALUES = 10_000
const MAX_VERSION_LENGTH = 100

/**
 * Rejects invalid terms, with the index of the first one, and its path if it is in a group. `compile` and `termsToSql`
 * accept all others.
 */
export function requireTerms(terms: readonly FilterTerm[]): void {
  if (terms.length > MAX_TERMS) throw tooManyTerms()
  const conditions = placedIn(terms, [])
  if (conditions.length > MAX_TERMS) throw tooManyTerms()
  for (const { term, path } of conditions) reporting(path, () => requireCondition(term))
}

const tooManyTerms = () => badRequest(`at most ${MAX_TERMS} filter terms can be provided`)

/** The indexes of a term and of the groups that it is in, outermost first. */
type Path = readonly number[]

/** The conditions in terms whose groups are valid. */
function placedIn(terms: readonly FilterTerm[], groups: Path): { term: Term; path: Path }[] {
  return terms.flatMap((term, index) => {
    const path = [...groups, index]
    reporting(path, () => {
      if (typeof term !== 'object' || term === null) throw badTerm('terms', 'a term must be an object')
      if (isGroup(term)) requireGroup(term, groups.length)
    })
    return isGroup(term) ? placedIn(term.terms, path) : [{ term, path }]
  })
}

function reporting(path: Path, check: () => void) {
  try {
    check()
  } catch (error) {
    throw error instanceof Refusal ? error.with({ term: path[0], ...(path.length > 1 ? { path } : {}) }) : error
  }
}

function requireGroup({ type, terms }: TermGroup, depth: number) {
  if (depth >= MAX_DEPTH) throw badTerm('terms', `groups can be at most ${MAX_DEPTH} levels deep`)
  if (!Array.isArray(terms)) throw badTerm('terms', `${type} takes an array of terms`)
  if (terms.length === 0) throw badTerm('terms', `${type} takes at least one term`)
  if (type === '$not' && terms.length > 1)
    throw badTerm('terms', '$not takes one term: put several into a group of type $and or $or')
}

function requireCondition({ scope, attribute, type, value }: Term) {
  if (!(SCOPES as readonly string[]).includes(scope)) throw badTerm('scope', `must be one of ${SCOPES.join(', ')}`)
  if (typeof attribute !== 'string' || attribute === '') throw badTerm('attribute', 'cannot be blank')
  if (attribute.length > MAX_NAME_LENGTH)
    throw badTerm('attribute', `the length must be no more than ${MAX_NAME_LENGTH}`)
  if (!(OPERATORS as readonly string[]).includes(type))
    throw badTerm('type', `must be one of ${OPERATORS.join(', ')}, or of ${GROUPS.join(', ')} for a group of terms`)
  if (value === undefined || value === null) throw badTerm('value', 'cannot be blank')
  requireValue(type, value)
}

const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value)
const isScalars = (value: unknown): value is Scalar[] => Array.isArray(value) && value.every(isScalar)

function requireValue(type: string, value: unknown) {
  if (Array.isArray(value) && value.length > MAX_VALUES) throw badTerm('value', `at most ${MAX_VALUES} elements`)
  switch (type) {
    case '$in':
    case '$nin':
      if (!isScalars(value)) throw badTerm('value', `${type} takes an array of strings, numbers or booleans`)
      return
    case '$exists':
      if (typeof value !== 'boolean') throw badTerm('value', '$exists takes true or false')
      return
    case '$regex':
      if (typeof value !== 'string') throw badTerm('value', '$regex takes a string')
      return requirePattern(value)
    case '$eq':
    case '$ne':
      if (isScalar(value) || isScalars(value)) return
      throw badTerm('value', `${type} takes a string, a number, a boolean or an array of these`)
    default:
      if (isVersionOperator(type)) return requireVersion(type, value)
      if (typeof value !== 'string' && typeof value !== 'number')
        throw badTerm('value', `${type} takes a string or a number`)
  }
}

function requireVersion(type: string, value: unknown) {
  if (typeof value !== 'string') throw badTerm('value', `${type} takes a version as a string, such as "1.4.2"`)
  if (value.length > MAX_VERSION_LENGTH)
    throw badTerm('value', `a version has at most ${MAX_VERSION_LENGTH} characters`)
  if (!readVersion(value))
    throw badTerm('value', `${type} takes a version: numbers with dots between them, as in 1.4.2 or v2.0.0-rc.1`)
}

/** A function that returns whether a device matches all of the terms, which have passed `requireTerms`. */
export function compile(terms: readonly FilterTerm[]): (device: Filterable) => boolean {
  const tests = terms.map(compileTerm)
  return (device) => tests.every((test) => test(device))
}

function compileTerm(term: FilterTerm): (device: Filterable) => boolean {
  if (!isGroup(term)) {
    const passes = toTest(term)
    return (device) => passes(attributeValue(device, term.scope, term.attribute))
  }
  const tests = term.terms.map(compileTerm)
  if (term.type === '$and') return (device) => tests.every((test) => test(device))
  if (term.type === '$or') return (device) => tests.some((test) => test(device))
  return (device) => !tests.some((test) => test(device))
}

/** undefined: the device has no such attribute. */
export function attributeValue(device: Filterable, scope: string, attribute: string): AttributeValue | undefined {
  const column = columnOf(scope, attribute)
  if (column) return device[column] ?? undefined
  const attributes = ownProperty(device.attributes, scope)
  return attributes && ownProperty(attributes, attribute)
}

/** An attribute may be called `constructor`. */
const ownProperty = <Value>(record: Record<string, Value>, name: string): Value | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

const COLUMNS = {
  'identity/id': 'id',
  'identity/status': 'status',
  'system/group': 'group_name',
  'system/dialect': 'dialect',
  'system/created_ts': 'created_ts',
  'system/updated_ts': 'attributes_updated_ts',
  'system/check_in_time': 'check_in_time',
  'system/pinned_until': 'pinned_until',
} as const

export type Column = (typeof COLUMNS)[keyof typeof COLUMNS]

/** The column of `devices` that stores an attribute; undefined: the column `attributes` does. */
export const columnOf = (scope: string, name: string): Column | undefined =>
  ownProperty(COLUMNS as Record<string, Column>, `${scope}/${name}`)
