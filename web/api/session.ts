import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import type { SessionDescription } from '../../src/auth/sessions/describe-session.ts'
import { takeDateHeader } from './clock.ts'
import { call, isRefusal, send, takeCsrfToken } from './http.ts'
import { placed } from './place.ts'

export type Session = SessionDescription
export type Permission = Session['permissions'][number]

const PATH = '/api/management/v1/useradm/auth/session'
export const SESSION_KEY = ['session']

/** Browsers send a cookie back below its path, which the server does not know behind a proxy. */
const PLACE = { 'x-muster-path': placed('/') }

/** Who is signed in; null: nobody. */
export const useSessionQuery = () =>
  useQuery({
    ...{ queryKey: SESSION_KEY, queryFn: ({ signal }) => readSession(signal), staleTime: 60_000 },
    // It may end elsewhere while nothing is asked for here.
    ...{ refetchInterval: 60_000, refetchOnWindowFocus: 'always' },
  })

async function readSession(signal?: AbortSignal): Promise<Session | null> {
  try {
    const { answer: session, headers } = await send<Session>('GET', PATH, { signal })
    takeCsrfToken(session)
    takeDateHeader(headers.get('date'))
    return session
  } catch (error) {
    if (isRefusal(error, 'unauthorized')) return null
    throw error
  }
}

export type Credentials = { email: string; password: string; token2fa?: string; stay: boolean }

/** Tells the other tabs of this browser: they have the same cookie. */
export const otherTabs = new BroadcastChannel('muster-session')

export async function signIn(credentials: Credentials): Promise<void> {
  await call('POST', PATH, { body: credentials, headers: PLACE })
  otherTabs.postMessage('changed')
}

export async function signOut(): Promise<void> {
  await call('DELETE', PATH, { headers: PLACE })
  otherTabs.postMessage('changed')
}

export const SessionContext = createContext<Session | null>(null)

/** For everything that is shown to those who are signed in. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('nobody is signed in')
  return session
}

/** Whether the user's roles allow it: what they do not allow is not offered. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useSession()
  return (permission) => permissions.includes(permission)
}
