import { useCallback } from 'react'
import { useSearchParams } from 'wouter'

/** Members of the address's query, so that a reload, a link and the way back show the same. What is '' is left out. */
export function useQueryState(): [URLSearchParams, (changes: Record<string, string>) => void] {
  const [params, setParams] = useSearchParams()
  const change = useCallback(
    (changes: Record<string, string>) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before)
          for (const [name, value] of Object.entries(changes)) {
            if (value === '') after.delete(name)
            else after.set(name, value)
          }
          return after
        },
        { replace: true },
      ),
    [setParams],
  )
  return [params, change]
}
