import { useCallback } from 'react'
import { useSearchParams } from 'wouter'
import { AUTH_STATUS_STYLES } from '../../../src/texts/statuses.ts'
import { isGroup } from '../../../src/texts/terms.ts'
import type { FilterTerm, Search, Sort, Term, TermGroup } from '../../api/filters.ts'
import type { Query } from '../../api/http.ts'
import { PINNED } from '../../api/pins.ts'
import { positive } from '../../api/use-query-state.ts'
import { useRowsPerPage } from '../../parts/rows-per-page.ts'

export const STATUSES = ['accepted', 'pending', 'rejected', 'preauthorized'] as const
/** Chosen like a status: the devices of any status that are pinned. */
export const PINNED_ONES = 'pinned'

export const statusLabel = (status: string): string =>
  status === PINNED_ONES ? 'Pinned' : (AUTH_STATUS_STYLES[status]?.label ?? status)

/** The state of the list, stored in its address, so that links and the back button keep it. */
export type View = {
  status: string
  text: string
  terms: FilterTerm[]
  /** `system/check_in_time`; a leading `-` sorts in descending order; empty: by ID. */
  sort: string
  page: number
  per_page: number
}

/** `rows`: of a page, unless the address says otherwise. */
function readView(params: URLSearchParams, rows: number): View {
  return {
    status: params.get('status') ?? '',
    text: (params.get('q') ?? '').slice(0, 200),
    terms: readTerms(params.get('filter')),
    sort: params.get('sort') ?? '',
    page: positive(params.get('page')) ?? 1,
    per_page: Math.min(positive(params.get('per_page')) ?? rows, 100),
  }
}

/** Default values are left out. */
function writeView({ status, text, terms, sort, page, per_page }: View, rows: number): URLSearchParams {
  const parameters: Record<string, string> = {
    ...(status && { status }),
    ...(text && { q: text }),
    ...(terms.length > 0 && { filter: JSON.stringify(terms) }),
    ...(sort && { sort }),
    ...(page > 1 && { page: String(page) }),
    ...(per_page !== rows && { per_page: String(per_page) }),
  }
  return new URLSearchParams(parameters)
}

/** Anything else in the address is ignored. */
function readTerms(text: string | null): FilterTerm[] {
  try {
    const terms: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(terms) && terms.every(isFilterTerm) ? terms : []
  } catch {
    return []
  }
}

/** What has the type of a group must have its terms: nothing else shows it. */
function isFilterTerm(one: unknown): one is FilterTerm {
  if (typeof one !== 'object' || one === null) return false
  const { type, terms } = one as Partial<TermGroup>
  if (typeof type !== 'string' || !isGroup({ type })) return isTerm(one)
  return Array.isArray(terms) && terms.every(isFilterTerm)
}

const isTerm = (term: Partial<Term>): term is Term =>
  [term.scope, term.attribute, term.type].every((word) => typeof word === 'string') && term.value !== undefined

/** Everything but the page and the order: the query that selects the devices. */
export function queryOf({ status, text, terms }: View): Required<Pick<Search, 'filters'>> & { text?: string } {
  return { filters: [...termsOf(status), ...terms], ...(text && { text }) }
}

function termsOf(status: string): Term[] {
  if (status === PINNED_ONES) return [PINNED]
  return status ? [{ scope: 'identity', attribute: 'status', type: '$eq', value: status }] : []
}

export function sortOf({ sort }: View): Sort[] {
  const [, minus, scope, attribute] = /^(-?)(\w+)\/(.+)$/s.exec(sort) ?? []
  return scope && attribute ? [{ scope, attribute, order: minus ? 'desc' : 'asc' }] : []
}

/** The parameters of the export of the whole list, in its order. */
export const exportQuery = (
  { filters, text }: Pick<Search, 'filters' | 'text'>,
  view: View,
  columns: readonly string[],
): Query => ({
  ...(filters.length > 0 && { filters: JSON.stringify(filters) }),
  ...(text && { text }),
  ...{ sort: sortOf(view).map(({ scope, attribute, order }) => `${scope}/${attribute}:${order}`), column: columns },
})

/** The view and a function to change it; `replace` adds no step to the history of the browser. */
export function useView(): [View, (change: Partial<View>, options?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams()
  const rows = useRowsPerPage()
  const change = useCallback(
    (changed: Partial<View>, options?: { replace?: boolean }) =>
      setParams((before) => writeView({ ...readView(before, rows), page: 1, ...changed }, rows), options),
    [setParams, rows],
  )
  return [readView(params, rows), change]
}
