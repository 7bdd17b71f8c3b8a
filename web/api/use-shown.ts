import { useQueryState } from './use-query-state.ts'

/** Which entry of a list shows its details. The address has its ID. */
export function useShown() {
  const [params, change] = useQueryState()
  const shown = params.get('shown') ?? ''
  const show = (id: string) => change({ shown: id })
  return { shown, show, toggle: (id: string) => show(id === shown ? '' : id) }
}
