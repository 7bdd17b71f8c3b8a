import { useSearchParams } from 'wouter'
import type { ReleaseQuery } from '../../api/releases.ts'
import { positive } from '../../api/use-query-state.ts'
import { useRowsPerPage } from '../../parts/rows-per-page.ts'

const NEWEST_FIRST = 'modified:desc'

/** The state of the list, stored in its address, so that links and the back button keep it. */
export function useListQuery(): [ReleaseQuery, (change: Partial<ReleaseQuery>) => void] {
  const [params, setParams] = useSearchParams()
  const rows = useRowsPerPage()
  const text = (name: string) => params.get(name) ?? ''
  const query: ReleaseQuery = {
    page: positive(text('page')) ?? 1,
    per_page: positive(text('per_page')) ?? rows,
    sort: text('sort') || NEWEST_FIRST,
    search: text('search'),
    tag: params.getAll('tag'),
    device_type: text('device_type'),
    update_type: text('update_type'),
  }
  // Other changes return to the first page.
  const change = (changed: Partial<ReleaseQuery>) =>
    setParams(toParams({ ...query, page: 1, ...changed }, rows), { replace: true })
  return [query, change]
}

export const isFiltered = ({ search, tag, device_type, update_type }: ReleaseQuery): boolean =>
  search !== '' || tag.length > 0 || device_type !== '' || update_type !== ''

/** Default values are left out. */
function toParams(query: ReleaseQuery, rows: number): URLSearchParams {
  const { page, per_page, sort, search, tag, device_type, update_type } = query
  const parameters = {
    ...{ page: page === 1 ? '' : String(page), per_page: per_page === rows ? '' : String(per_page) },
    ...{ sort: sort === NEWEST_FIRST ? '' : sort, search, device_type, update_type },
  }
  const pairs = Object.entries(parameters).filter(([, value]) => value !== '')
  return new URLSearchParams([...pairs, ...tag.map((one): [string, string] => ['tag', one])])
}
