import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Preferences } from '../../src/auth/settings.ts'
import { SESSION_KEY, useSession } from './session.ts'
import { changeUserSettings } from './settings.ts'

export type { Preferences }

/** What the user has chosen for this web UI, and a function to change some of it. */
export function usePreferences() {
  const { preferences } = useSession()
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (changes: Partial<Preferences>) => changeUserSettings({ ui: { ...preferences, ...changes } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: SESSION_KEY }),
  })
  return { preferences, change }
}
