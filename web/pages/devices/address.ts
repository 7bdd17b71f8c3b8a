import { useCallback } from 'react'
import { useSearchParams } from 'wouter'
import type { Search, Sort, Term } from '../../api/filters.ts'

export const STATUSES = ['accepted', 'pending', 'rejected', 'preauthorized'] as const

/** What the list shows, as its address says it: it can be shared, and going back works. */
export type View = {
  status: string
  text: string
  terms: Term[]
  /** `system/check_in_time`, with a leading `-` downward; empty: by id. */
  sort: string
  page: number
  per_page: number
}

const natural = (text: string | null, otherwise: number) => {
  const number = Number(text)
  return Number.isSafeInteger(number) && number > 0 ? number : otherwise
}

function readView(params: URLSearchParams): View {
  return {
    status: params.get('status') ?? '',
    text: (params.get('q') ?? '').slice(0, 200),
    terms: readTerms(params.get('filter')),
    sort: params.get('sort') ?? '',
    page: natural(params.get('page'), 1),
    per_page: Math.min(natural(params.get('per_page'), 20), 100),
  }
}

/** What stands for itself is left out. */
function writeView({ status, text, terms, sort, page, per_page }: View): URLSearchParams {
  const given: Record<string, string> = {
    ...(status && { status }),
    ...(text && { q: text }),
    ...(terms.length > 0 && { filter: JSON.stringify(terms) }),
    ...(sort && { sort }),
    ...(page > 1 && { page: String(page) }),
    ...(per_page !== 20 && { per_page: String(per_page) }),
  }
  return new URLSearchParams(given)
}

/** Whatever else an address may hold is no filter. */
function readTerms(text: string | null): Term[] {
  try {
    const terms: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(terms) && terms.every(isTerm) ? terms : []
  } catch {
    return []
  }
}

const isTerm = (term: Partial<Term> | null): term is Term =>
  [term?.scope, term?.attribute, term?.type].every((word) => typeof word === 'string') && term?.value !== undefined

/** All but the page and the order: which devices these are. */
export function whichOf({ status, text, terms }: View): Required<Pick<Search, 'filters'>> & { text?: string } {
  const ofStatus: Term[] = status ? [{ scope: 'identity', attribute: 'status', type: '$eq', value: status }] : []
  return { filters: [...ofStatus, ...terms], ...(text && { text }) }
}

export function sortOf({ sort }: View): Sort[] {
  const [, minus, scope, attribute] = /^(-?)(\w+)\/(.+)$/s.exec(sort) ?? []
  return scope && attribute ? [{ scope, attribute, order: minus ? 'desc' : 'asc' }] : []
}

/** The view of the address, and the way to another; `replace` leaves no step to go back to. */
export function useView(): [View, (change: Partial<View>, options?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams()
  const change = useCallback(
    (changed: Partial<View>, options?: { replace?: boolean }) =>
      setParams((before) => writeView({ ...readView(before), page: 1, ...changed }), options),
    [setParams],
  )
  return [readView(params), change]
}
