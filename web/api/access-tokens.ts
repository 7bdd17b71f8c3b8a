import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { AccessToken, NewAccessToken } from '../../src/auth/access-token.ts'
import { call, get } from './http.ts'

export type { AccessToken, NewAccessToken }

const TOKENS = '/api/management/v1/useradm/settings/tokens'
const KEY = ['access-tokens']

export const TOKENS_EXPORT = `${TOKENS}/export`

export const useAccessTokens = () =>
  useQuery({ queryKey: KEY, queryFn: ({ signal }) => get<AccessToken[]>(TOKENS, undefined, signal) })

/** Returns the token itself, which cannot be read again. */
export const createAccessToken = (token: NewAccessToken): Promise<string> => call('POST', TOKENS, { body: token })
export const revokeAccessToken = (id: string): Promise<void> => call('DELETE', `${TOKENS}/${encodeURIComponent(id)}`)

export function useAccessTokensChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: KEY })
}
