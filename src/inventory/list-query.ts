import { badRequest } from '../errors.ts'
import { findUnstorable, type Unstorable } from '../text.ts'
import type { FilterTerm, Term } from './filter.ts'
import type { Sort } from './query.ts'

/** Reads terms as JSON, which `requireTerms` has to check; an empty text is none. */
export function readTerms(text = ''): FilterTerm[] {
  if (text === '') return []
  const terms = parsed(text)
  if (!Array.isArray(terms)) throw badRequest('filters: must be a JSON array of filter terms')
  const problem = findUnstorable(terms, MAX_DEPTH)
  if (problem) throw badRequest(`filters: ${PROBLEMS[problem]}`)
  return terms
}

/** Far more than terms may have: `requireTerms` names those that do. */
const MAX_DEPTH = 64
const PROBLEMS: Record<Unstorable, string> = {
  depth: `nested deeper than ${MAX_DEPTH} levels`,
  number: 'a number is too large',
  NUL: 'a string holds a NUL character (U+0000)',
  surrogate: 'a string holds half a surrogate pair',
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type QueryString = Record<string, string | string[] | undefined>

const OTHER_PARAMETERS = ['page', 'per_page', 'sort', 'group', 'has_group']

/** Parses `?sort=tags/place:desc,name&has_group=true&inventory/os=eq:linux`. The default scope is `inventory`. */
export function readListQuery(query: QueryString): { terms: Term[]; sort: Sort[] } {
  const attributes = Object.entries(query)
    .filter(([name]) => !OTHER_PARAMETERS.includes(name))
    .flatMap(([name, values]) => valuesOf(values).map((value) => toTerm(name, value)))
  const groups = valuesOf(query.group).map((value) => ({ ...GROUP, type: '$eq', value }))
  const grouped = valuesOf(query.has_group).map((value) => ({ ...GROUP, type: '$exists', value: readBoolean(value) }))
  const sort = valuesOf(query.sort).flatMap((text) => text.split(',').filter(Boolean).map(toSort))
  return { terms: [...attributes, ...groups, ...grouped], sort }
}

const GROUP = { scope: 'system', attribute: 'group' }

const valuesOf = (values: string | string[] | undefined): string[] => [values ?? []].flat()

/** Reads `[scope/]name`. */
export function toAttributeName(text: string): { scope: string; attribute: string } {
  const slash = text.indexOf('/')
  return slash < 0
    ? { scope: 'inventory', attribute: text }
    : { scope: text.slice(0, slash), attribute: text.slice(slash + 1) }
}

function toTerm(name: string, text: string): Term {
  const value = text.startsWith('eq:') ? text.slice(3) : text
  return { ...toAttributeName(name), type: '$in', value: storedValues(value) }
}

/** The values that a text may be stored as: also a number if it looks like one. */
export function storedValues(value: string): (string | number)[] {
  const number = Number(value)
  return value.trim() !== '' && Number.isFinite(number) ? [value, number] : [value]
}

/** Reads `[scope/]name[:asc|desc]`. */
export function toSort(text: string): Sort {
  const [, name = text, order] = /^(.*?)(?::(asc|desc))?$/s.exec(text) ?? []
  return { ...toAttributeName(name), ...(order ? { order } : {}) }
}

function readBoolean(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw badRequest('has_group: must be true or false')
  return value === 'true'
}
