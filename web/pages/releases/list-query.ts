import { useSearchParams } from 'wouter'
import type { ReleaseQuery } from '../../api/releases.ts'

const NEWEST_FIRST = 'modified:desc'
const ROWS = 20

/** The state of the list, stored in its address, so that links and the back button keep it. */
export function useListQuery(): [ReleaseQuery, (change: Partial<ReleaseQuery>) => void] {
  const [params, setParams] = useSearchParams()
  const text = (name: string) => params.get(name) ?? ''
  const query: ReleaseQuery = {
    page: whole(text('page')) ?? 1,
    per_page: whole(text('per_page')) ?? ROWS,
    sort: text('sort') || NEWEST_FIRST,
    search: text('search'),
    tag: params.getAll('tag'),
    device_type: text('device_type'),
    update_type: text('update_type'),
  }
  // Other changes return to the first page.
  const change = (changed: Partial<ReleaseQuery>) =>
    setParams(toParams({ ...query, page: 1, ...changed }), { replace: true })
  return [query, change]
}

export const isFiltered = ({ search, tag, device_type, update_type }: ReleaseQuery): boolean =>
  search !== '' || tag.length > 0 || device_type !== '' || update_type !== ''

const whole = (text: string): number | undefined => (/^[1-9]\d{0,6}$/.test(text) ? Number(text) : undefined)

function toParams({ page, per_page, sort, search, tag, device_type, update_type }: ReleaseQuery): URLSearchParams {
  const parameters = {
    ...{ page: page === 1 ? '' : String(page), per_page: per_page === ROWS ? '' : String(per_page) },
    ...{ sort: sort === NEWEST_FIRST ? '' : sort, search, device_type, update_type },
  }
  const pairs = Object.entries(parameters).filter(([, value]) => value !== '')
  return new URLSearchParams([...pairs, ...tag.map((one): [string, string] => ['tag', one])])
}
