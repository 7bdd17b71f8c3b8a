import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { DeviceNaming, Settings } from '../../src/auth/settings.ts'
import { call, isRefusal, send } from './http.ts'
import { SESSION_KEY } from './session.ts'

export type { DeviceNaming }

const TENANT = '/api/management/v1/useradm/settings'
const USER = `${TENANT}/me`
const USER_KEY = ['settings', 'user']

type Stored = { settings: Settings & Record<string, unknown>; etag: string }

async function read(path: string, signal?: AbortSignal): Promise<Stored> {
  const { body, headers } = await send<Stored['settings']>('GET', path, { signal })
  return { settings: body, etag: headers.get('etag') ?? '*' }
}

const MAX_TRIES = 3

/** Other clients store their own members in the same settings: these stay. Undefined removes a member. */
async function change(path: string, members: Record<string, unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { settings, etag } = await read(path)
    try {
      return await call('POST', path, { body: { ...settings, ...members }, headers: { 'if-match': etag } })
    } catch (error) {
      if (tries === MAX_TRIES || !isRefusal(error, 'version_mismatch')) throw error
    }
  }
}

/** Changes members of the settings that the user has. */
export const changeUserSettings = (members: Record<string, unknown>): Promise<void> => change(USER, members)

/** Changes by which attribute devices are called; undefined: by the default. */
export function useChangeNaming() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id_attribute: DeviceNaming | undefined) => change(TENANT, { id_attribute }),
    onSuccess: () => queries.invalidateQueries({ queryKey: SESSION_KEY }),
  })
}

/** A member of the user's settings, and a function to change it, or to remove it with undefined. */
export function useUserSetting(name: string) {
  const queries = useQueryClient()
  const query = useQuery({
    queryKey: USER_KEY,
    queryFn: async ({ signal }) => (await read(USER, signal)).settings,
    staleTime: 60_000,
  })
  const save = useMutation({
    mutationKey: USER_KEY,
    // One after the other, so that the last change is stored last.
    scope: { id: USER },
    mutationFn: (value: unknown) => changeUserSettings({ [name]: value }),
    // Shown at once; if it cannot be stored, the present value returns.
    onMutate: (value) => queries.setQueryData(USER_KEY, (known: object | undefined) => ({ ...known, [name]: value })),
    onSettled: async () => {
      const is_last = queries.isMutating({ mutationKey: USER_KEY }) === 1
      if (is_last) await queries.invalidateQueries({ queryKey: USER_KEY })
    },
  })
  const settings = query.data as Record<string, unknown> | undefined
  return { isLoading: query.isLoading, value: settings?.[name], save }
}
