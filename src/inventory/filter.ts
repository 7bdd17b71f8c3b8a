import { type Static, Type } from 'typebox'
import type { Dialect } from '../auth/dialect.ts'
import { badRequest, badTerm } from '../errors.ts'
import { Refusal } from '../refusal.ts'
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
const MAX_NAME_LENGTH = 1024
const MAX_VALUES = 10_000
const MAX_VERSION_LENGTH = 100

/** Rejects invalid terms, with the index of the first one. `compile` and `termsToSql` accept all others. */
export function requireTerms(terms: readonly Term[]): void {
  if (terms.length > MAX_TERMS) throw badRequest(`at most ${MAX_TERMS} filter terms can be provided`)
  terms.forEach((term, at) => {
    try {
      requireTerm(term)
    } catch (error) {
      throw error instanceof Refusal ? error.with({ term: at }) : error
    }
  })
}

function requireTerm({ scope, attribute, type, value }: Term) {
  if (!(SCOPES as readonly string[]).includes(scope)) throw badTerm('scope', `must be one of ${SCOPES.join(', ')}`)
  if (attribute === '') throw badTerm('attribute', 'cannot be blank')
  if (attribute.length > MAX_NAME_LENGTH)
    throw badTerm('attribute', `the length must be no more than ${MAX_NAME_LENGTH}`)
  if (!(OPERATORS as readonly string[]).includes(type)) throw badTerm('type', `must be one of ${OPERATORS.join(', ')}`)
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
export function compile(terms: readonly Term[]): (device: Filterable) => boolean {
  const tests = terms.map((term) => {
    const passes = toTest(term)
    return (device: Filterable) => passes(attributeValue(device, term.scope, term.attribute))
  })
  return (device) => tests.every((test) => test(device))
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
