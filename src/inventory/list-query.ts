import { badRequest } from '../errors.ts'
import type { Term } from './filter.ts'
import type { Sort } from './query.ts'

type Given = Record<string, string | string[] | undefined>

const NOT_ATTRIBUTES = ['page', 'per_page', 'sort', 'group', 'has_group']

/** Reads `?sort=tags/place:desc,name&has_group=true&inventory/os=eq:linux`; an attribute without a scope is in inventory. */
export function readListQuery(query: Given): { terms: Term[]; sort: Sort[] } {
  const attributes = Object.entries(query)
    .filter(([name]) => !NOT_ATTRIBUTES.includes(name))
    .flatMap(([name, values]) => list(values).map((value) => toTerm(name, value)))
  const groups = list(query.group).map((value) => ({ ...GROUP, type: '$eq', value }))
  const grouped = list(query.has_group).map((value) => ({ ...GROUP, type: '$exists', value: readBoolean(value) }))
  const sort = list(query.sort).flatMap((text) => text.split(',').filter(Boolean).map(toSort))
  return { terms: [...attributes, ...groups, ...grouped], sort }
}

const GROUP = { scope: 'system', attribute: 'group' }

const list = (values: string | string[] | undefined): string[] => [values ?? []].flat()

function place(text: string): { scope: string; attribute: string } {
  const slash = text.indexOf('/')
  return slash < 0
    ? { scope: 'inventory', attribute: text }
    : { scope: text.slice(0, slash), attribute: text.slice(slash + 1) }
}

function toTerm(name: string, given: string): Term {
  const value = given.startsWith('eq:') ? given.slice(3) : given
  return { ...place(name), type: '$in', value: asStored(value) }
}

/** What looks like a number may be stored as one. */
export function asStored(value: string): (string | number)[] {
  const number = Number(value)
  return value.trim() !== '' && Number.isFinite(number) ? [value, number] : [value]
}

function toSort(text: string): Sort {
  const [, name = text, order] = /^(.*?)(?::(asc|desc))?$/s.exec(text) ?? []
  return { ...place(name), ...(order ? { order } : {}) }
}

function readBoolean(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw badRequest('has_group: must be true or false')
  return value === 'true'
}
