import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import type { KnownAttribute } from '../../src/inventory/attributes/list-attributes.ts'
import type { Device } from '../../src/inventory/device.ts'
import type { FilterTerm, Term, TermGroup } from '../../src/inventory/filter.ts'
import type { Sort } from '../../src/inventory/query.ts'
import type { SavedFilter } from '../../src/inventory/saved-filter.ts'
import { isGroup } from '../../src/texts/terms.ts'
import type { PageState } from '../parts/pager.tsx'
import { DEVICES_KEY, REFETCH_INTERVAL_MS } from './devices.ts'
import { ApiError, call, get, isRefusal, list, problemOf, search, send } from './http.ts'

export type { FilterTerm, KnownAttribute, SavedFilter, Sort, Term, TermGroup }

const FILTERS = '/api/management/v2/inventory/filters'
const SAVED_KEY = ['filters', 'saved']

export const FILTERS_EXPORT = `${FILTERS}/export`

export type Search = {
  filters: readonly FilterTerm[]
  text?: string
  sort?: readonly Sort[]
  page?: number
  per_page?: number
  attributes?: readonly { scope: string; attribute: string }[]
}

export const searchDevices = (query: Search, signal?: AbortSignal) => search<Device>(`${FILTERS}/search`, query, signal)

/** The devices that match a search. The previous result stays until the next one arrives. */
export const useDeviceSearch = (query: Search, { enabled = true } = {}) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'search', query],
    queryFn: ({ signal }) => searchDevices(query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (isRefused(state.error) ? false : REFETCH_INTERVAL_MS),
    enabled,
  })

/** The same request would be refused again, unlike after a failure of the server or of the network. */
const isRefused = (error: unknown) => error instanceof ApiError && [400, 403, 404, 422].includes(error.status)

/** The attributes of the devices, most frequent first. */
export const useKnownAttributes = () =>
  useQuery({
    queryKey: ['filters', 'attributes'],
    queryFn: ({ signal }) => get<KnownAttribute[]>(`${FILTERS}/attributes`, {}, signal),
    staleTime: 60_000,
  })

export const useSavedFilters = ({ enabled = true } = {}) =>
  useQuery({
    queryKey: SAVED_KEY,
    queryFn: async ({ signal }) => (await list<SavedFilter>(FILTERS, { per_page: 500 }, signal)).rows,
    enabled,
  })

export const useSavedFilterPage = (page: PageState, { enabled = true } = {}) =>
  useQuery({
    queryKey: [...SAVED_KEY, page],
    queryFn: ({ signal }) => list<SavedFilter>(FILTERS, page, signal),
    placeholderData: keepPreviousData,
    enabled,
  })

const filterPath = (id: string) => `${FILTERS}/${encodeURIComponent(id)}`

/** A saved filter as it is when its editor opens, and its version. */
export const useFilterToEdit = (id: string) =>
  useQuery({
    queryKey: ['filters', 'edited', id],
    queryFn: async ({ signal }) => {
      const { body, headers } = await send<SavedFilter>('GET', filterPath(id), { signal })
      return { filter: body, etag: headers.get('etag') ?? '*' }
    },
    ...{ staleTime: Number.POSITIVE_INFINITY, gcTime: 0 },
  })

/** The number of accepted devices that match. */
export const useMatchCount = (terms: readonly FilterTerm[]) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'count', terms],
    queryFn: async ({ signal }) =>
      (await searchDevices({ filters: [...terms, ACCEPTED], per_page: 1, attributes: [STATUS] }, signal)).total,
    staleTime: 30_000,
  })

const STATUS = { scope: 'identity', attribute: 'status' }
export const ACCEPTED: Term = { ...STATUS, type: '$eq', value: 'accepted' }

/** Also where filters are chosen. */
export function useFiltersChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () =>
    Promise.all([SAVED_KEY, ['choices', 'filters']].map((queryKey) => queries.invalidateQueries({ queryKey })))
}

/** Returns the ID of the filter. */
export async function saveFilter(name: string, terms: readonly FilterTerm[]): Promise<string> {
  const { headers } = await send('POST', FILTERS, { body: { name, terms } })
  return headers.get('location')?.split('/').at(-1) ?? ''
}

export type FilterContent = { name: string; terms: readonly FilterTerm[] }

export const replaceFilter = (id: string, content: FilterContent, etag: string): Promise<void> =>
  call('PUT', filterPath(id), { body: content, headers: { 'if-match': etag } })

export const deleteFilter = (id: string): Promise<void> => call('DELETE', filterPath(id))

/** An error in a field of one term. `path`: its index, after those of the groups that it is in. */
export type TermProblem = { path: readonly number[]; field: string; sentence: string }

/** Undefined if the error does not concern a term. */
export function termProblemOf(error: unknown): TermProblem | undefined {
  if (!isRefusal(error, 'invalid_term') || typeof error.details.term !== 'number') return undefined
  const { field = 'value', sentence } = problemOf(error)
  const { term, path = [term] } = error.details
  return { path: path as number[], field, sentence }
}

/** What is missing in a term before it can be sent to the server. */
export function missingIn(term: FilterTerm, at: number): TermProblem | undefined {
  if (isGroup(term)) return missingInGroup(term, at)
  const { attribute, type, value } = term
  if (attribute.trim() === '') return { path: [at], field: 'attribute', sentence: 'Choose an attribute' }
  const isEmpty = value === '' || (Array.isArray(value) && value.length === 0)
  if (type !== '$exists' && isEmpty) return { path: [at], field: 'value', sentence: 'Enter a value' }
  return undefined
}

function missingInGroup({ terms }: TermGroup, at: number): TermProblem | undefined {
  if (terms.length === 0) return { path: [at], field: 'terms', sentence: 'Add a condition' }
  const missing = terms.map(missingIn).find((one) => one !== undefined)
  return missing && { ...missing, path: [at, ...missing.path] }
}

/** The terms that are complete enough to be sent to the server. */
export const finishedTerms = (terms: readonly FilterTerm[]): FilterTerm[] =>
  terms.filter((term, at) => !missingIn(term, at))
