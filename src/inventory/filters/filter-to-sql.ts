import { and, join, raw, type Sql, sql } from '../../db/sql.ts'
import { isGroup } from '../../texts/terms.ts'
import { type Column, columnOf, type FilterTerm, type Scalar, type Term } from '../filter.ts'
import { type Part, toPostgres } from '../patterns/pattern.ts'
import { isVersionOperator, readVersion, sidesOf, type Version, type VersionOperator } from '../patterns/version.ts'
import { versionPattern } from '../patterns/version-pattern.ts'
import { columnSql } from './column-sql.ts'

/** A condition on `devices` aliased `d`: exactly the devices that `compile(terms)` matches. */
export const termsToSql = (terms: readonly FilterTerm[]): Sql => and(terms.map(termToSql))

function termToSql(term: FilterTerm): Sql {
  if (!isGroup(term)) return conditionToSql(term)
  const parts = term.terms.map(termToSql)
  if (term.type === '$and') return sql`(${and(parts)})`
  const any = sql`(${join(parts, raw(' or '))})`
  return term.type === '$or' ? any : isNot(any)
}

function conditionToSql(term: Term): Sql {
  switch (term.type) {
    case '$ne':
      return isNot(matches({ ...term, type: '$eq' }))
    case '$nin':
      return isNot(matches({ ...term, type: '$in' }))
    case '$exists':
      return term.value ? matches(term) : isNot(matches(term))
    case '$ltne':
      return sql`(${matches({ ...term, type: '$lt' })} or ${isNot(matches({ ...term, type: '$exists' }))})`
    default:
      return matches(term)
  }
}

const isNot = (condition: Sql): Sql => sql`not coalesce(${condition}, false)`

/** True if the device has the attribute and it meets the term, which is not a negation; else false or null. */
function matches(term: Term): Sql {
  const column = columnOf(term.scope, term.attribute)
  if (column) return columnMatches(column, term)
  if (term.type === '$eq' && Array.isArray(term.value)) return equalsArray(term, term.value)
  return sql`d.attributes @@ ${toJsonpath(term)}::jsonpath`
}

/** Containment uses the index; equality also checks the order and the length. */
function equalsArray({ scope, attribute }: Term, value: Scalar[]): Sql {
  const document = JSON.stringify(Object.fromEntries([[scope, Object.fromEntries([[attribute, value]])]]))
  return sql`(d.attributes @> ${document}::jsonb
    and d.attributes #> ${[scope, attribute]}::text[] = ${JSON.stringify(value)}::jsonb)`
}

const SIGNS = { $eq: '==', $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' } as const
type Sign = keyof typeof SIGNS

/** In lax mode, which unwraps arrays, and in which a comparison of different types is not an error but no match. */
function toJsonpath({ scope, attribute, type, value }: Term): string {
  const path = `$.${JSON.stringify(scope)}.${JSON.stringify(attribute)}`
  switch (type) {
    case '$exists':
      return `exists(${path})`
    case '$in':
      return anyOf((value as Scalar[]).map((one) => `${path} == ${JSON.stringify(one)}`))
    case '$regex':
      return patternPath(path, toPostgres(value as string))
    default:
      if (isVersionOperator(type)) return matchesPattern(path, versionRegex(type, value))
      return `${path} ${SIGNS[type as Sign]} ${JSON.stringify(value)}`
  }
}

/** One element of an array must match all parts. A value that is not a text matches neither a part nor its negation. */
function patternPath(path: string, parts: readonly Part[]): string {
  const [first, ...others] = parts
  if (first && !first.negate && others.length === 0) return matchesPattern(path, first.regex)
  const conditions = parts.map(({ regex, negate }) => `${negate ? '!' : ''}(${matchesPattern('@', regex)})`)
  return `exists(${path} ? (${conditions.join(' && ')}))`
}

const matchesPattern = (what: string, regex: string): string => `${what} like_regex ${JSON.stringify(regex)} flag "s"`

const versionRegex = (type: VersionOperator, value: Term['value']): string =>
  versionPattern(readVersion(value as string) as Version, sidesOf(type))

/** As a balanced tree, because PostgreSQL evaluates it recursively. */
function anyOf(conditions: readonly string[]): string {
  if (conditions.length === 0) return '1 == 2'
  if (conditions.length === 1) return `(${conditions[0]})`
  const half = conditions.length >> 1
  return `(${anyOf(conditions.slice(0, half))} || ${anyOf(conditions.slice(half))})`
}

/** The columns as text; null: not stored. */
function columnMatches(column: Column, { type, value }: Term): Sql {
  const text = COLUMN_TEXTS[column]
  switch (type) {
    case '$exists':
      return sql`${text} is not null`
    case '$in':
      return sql`${text} = any(${(value as Scalar[]).filter((one) => typeof one === 'string')}::text[])`
    case '$regex':
      return and(
        toPostgres(value as string).map(({ regex, negate }) => sql`${text} ${raw(negate ? '!~' : '~')} ${regex}`),
      )
  }
  if (isVersionOperator(type)) return sql`${text} ~ ${versionRegex(type, value)}`
  if (typeof value !== 'string') return raw('false')
  if (type === '$eq') return sql`${text} = ${value}`
  return sql`${text} ${raw(SIGNS[type as Sign])} ${value}::text collate "C"`
}

const isoText = (column: Column): Sql =>
  sql`to_char(${columnSql(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const COLUMN_TEXTS: Record<Column, Sql> = {
  id: raw('d.id'),
  status: raw('d.status'),
  dialect: raw('d.dialect'),
  group_name: raw('d.group_name'),
  created_ts: isoText('created_ts'),
  attributes_updated_ts: isoText('attributes_updated_ts'),
  check_in_time: isoText('check_in_time'),
  pinned_until: raw('d.pinned_until'),
}
