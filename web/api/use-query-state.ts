import { useCallback } from 'react'
import { useSearchParams } from 'wouter'

/** State in the query string, so that reloads, links and the back button keep it. Empty values are left out. */
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

/** A positive number in the address; undefined: anything else. */
export const positive = (text: string | null): number | undefined =>
  /^[1-9]\d{0,6}$/.test(text ?? '') ? Number(text) : undefined
