import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import type { SessionDescription } from '../../src/auth/sessions/describe-session.ts'
import { withBasePath } from './base-path.ts'
import { setTimeFromDateHeader } from './clock.ts'
import { call, isRefusal, send, setCsrfToken } from './http.ts'

export type Session = SessionDescription
export type Permission = Session['permissions'][number]

const PATH = '/api/management/v1/useradm/auth/session'
export const SESSION_KEY = ['session']

/** The path of the session cookie, which the server does not know behind a proxy. */
const COOKIE_PATH = { 'x-muster-path': withBasePath('/') }

/** The current session; null if no user is signed in. */
export const useSessionQuery = () =>
  useQuery({
    ...{ queryKey: SESSION_KEY, queryFn: ({ signal }) => readSession(signal), staleTime: 60_000 },
    // The session may end elsewhere while this page sends no requests.
    ...{ refetchInterval: 60_000, refetchOnWindowFocus: 'always' },
  })

async function readSession(signal?: AbortSignal): Promise<Session | null> {
  try {
    const { body: session, headers } = await send<Session>('GET', PATH, { signal })
    setCsrfToken(session)
    setTimeFromDateHeader(headers.get('date'))
    return session
  } catch (error) {
    if (isRefusal(error, 'unauthorized')) return null
    throw error
  }
}

export type Credentials = { email: string; password: string; token2fa?: string; stay: boolean }

/** Notifies the other tabs of this browser, which share the cookie. */
export const otherTabs = new BroadcastChannel('muster-session')

export async function signIn(credentials: Credentials): Promise<void> {
  await call('POST', PATH, { body: credentials, headers: COOKIE_PATH })
  otherTabs.postMessage('changed')
}

/** Returns where the session at the provider ends that opened this one, if there is one. */
export async function signOut(): Promise<string | undefined> {
  const signed_out = await call<{ provider_url: string } | undefined>('DELETE', PATH, { headers: COOKIE_PATH })
  otherTabs.postMessage('changed')
  return signed_out?.provider_url
}

export const SessionContext = createContext<Session | null>(null)

/** The session; available on all pages that require a signed-in user. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('no user is signed in')
  return session
}

/** Whether the roles of the user permit something. Actions that are not permitted are not shown. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useSession()
  return (permission) => permissions.includes(permission)
}
