import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Preferences } from '../../src/auth/settings.ts'
import { call, isRefusal, send } from './http.ts'
import { SESSION_KEY, useSession } from './session.ts'

export type { Preferences }

const SETTINGS = '/api/management/v1/useradm/settings/me'
const MAX_TRIES = 3

/** Other clients store their own members in the same settings: these stay. */
async function save(ui: Preferences): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { body: settings, headers } = await send<Record<string, unknown>>('GET', SETTINGS, {})
    const ifMatch = { 'if-match': headers.get('etag') ?? '*' }
    try {
      return await call('POST', SETTINGS, { body: { ...settings, ui }, headers: ifMatch })
    } catch (error) {
      if (tries === MAX_TRIES || !isRefusal(error, 'version_mismatch')) throw error
    }
  }
}

/** What the user has chosen for this web UI, and a function to change some of it. */
export function usePreferences() {
  const { preferences } = useSession()
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (changes: Partial<Preferences>) => save({ ...preferences, ...changes }),
    onSuccess: () => queries.invalidateQueries({ queryKey: SESSION_KEY }),
  })
  return { preferences, change }
}
