import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import type { NewUser, User, UserChange } from '../../src/auth/user.ts'
import type { PageState } from '../parts/pager.tsx'
import { call, get, list } from './http.ts'
import { SESSION_KEY } from './session.ts'

export type { NewUser, User, UserChange }

const USERADM = '/api/management/v1/useradm'
const USERS_KEY = ['users']

export const USERS_EXPORT = `${USERADM}/users/export`

export const useUsers = (page: PageState, { enabled = true } = {}) =>
  useQuery({
    queryKey: [...USERS_KEY, page],
    queryFn: ({ signal }) => list<User>(`${USERADM}/users`, page, signal),
    placeholderData: keepPreviousData,
    enabled,
  })

const pathOf = (id: string) => `${USERADM}/users/${encodeURIComponent(id)}`

export const createUser = (user: NewUser): Promise<void> => call('POST', `${USERADM}/users`, { body: user })
export const changeUser = (id: string, change: UserChange): Promise<void> => call('PUT', pathOf(id), { body: change })
export const deleteUser = (id: string): Promise<void> => call('DELETE', pathOf(id))

export const enableTwoFactor = (): Promise<void> => call('POST', `${pathOf('me')}/2fa/enable`)
export const disableTwoFactor = (id = 'me'): Promise<void> => call('POST', `${pathOf(id)}/2fa/disable`)
export const verifyTwoFactor = (token2fa: string): Promise<void> =>
  call('PUT', `${USERADM}/2faverify`, { body: { token2fa } })

/** The QR code for an authenticator app, as a data URL. */
export const useTwoFactorQr = () =>
  useQuery({
    queryKey: ['two-factor-qr'],
    queryFn: async ({ signal }) => {
      const { qr } = await get<{ qr: string }>(`${USERADM}/2faqr`, undefined, signal)
      return `data:image/png;base64,${qr}`
    },
    gcTime: 0,
  })

/** After a change of users, which may include the signed-in one. */
export function useUsersChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: USERS_KEY }),
      queries.invalidateQueries({ queryKey: SESSION_KEY }),
    ])
}
