import type { PageState } from '../parts/pager.tsx'
import { positive, useQueryState } from './use-query-state.ts'

/** The page of a list, stored in the address. `rows`: of a page, unless the address says otherwise. */
export function usePaging(rows = 20): [PageState, (to: PageState) => void] {
  const [params, change] = useQueryState()
  const paging = { page: positive(params.get('page')) ?? 1, per_page: positive(params.get('per_page')) ?? rows }
  const go = ({ page, per_page }: PageState) =>
    change({ page: page === 1 ? '' : String(page), per_page: per_page === rows ? '' : String(per_page) })
  return [paging, go]
}
