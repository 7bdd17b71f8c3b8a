import { Center, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { lazy, Suspense, useEffect } from 'react'
import { Router } from 'wouter'
import { useAddress, useAddressQuery } from './api/address.ts'
import { BASE_PATH } from './api/base-path.ts'
import { ApiError, signedOut } from './api/http.ts'
import { otherTabs, SESSION_KEY, SessionContext, useSessionQuery } from './api/session.ts'
import { Failure } from './parts/failure.tsx'
import { Opening } from './parts/opening.tsx'
import { showTimesIn } from './parts/zone.ts'
import { Shell } from './shell.tsx'
import { theme, variables } from './theme.ts'

const SignIn = lazy(() => import('./pages/sign-in.tsx'))
const NewPassword = lazy(() => import('./pages/new-password.tsx'))
const VerifyEmail = lazy(() => import('./pages/verify-email.tsx'))

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // An error response would be the same again; a server that is restarting becomes available again.
      retry: (failures, error) => failures < 3 && !(error instanceof ApiError && error.status >= 400),
    },
  },
})

otherTabs.addEventListener('message', () => queries.resetQueries({ queryKey: SESSION_KEY }))
signedOut.addEventListener('signed-out', () => queries.setQueryData(SESSION_KEY, null))

export function App({ nonce }: { nonce: string }) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-right" />
        <Linked />
      </QueryClientProvider>
    </MantineProvider>
  )
}

/** The pages of links of e-mails are for everybody; all others are behind the session. */
function Linked() {
  const path = location.pathname.slice(BASE_PATH.length)
  if (path !== '/password' && path !== '/verify-email') return <SessionGate />
  return <Suspense fallback={<Opening />}>{path === '/password' ? <NewPassword /> : <VerifyEmail />}</Suspense>
}

/** Shows the sign-in form until a user is signed in. The address stays, so the requested page follows. */
function SessionGate() {
  const { data: session, error, refetch } = useSessionQuery()
  // Cached data of one user must not be shown to the next.
  useEffect(() => {
    if (!session) queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] })
  }, [session])
  if (session === undefined)
    return error ? (
      <Center component="main" mih="100dvh" p="md">
        <Failure error={error} onRetry={refetch} />
      </Center>
    ) : (
      <Opening />
    )
  if (session === null)
    return (
      <Suspense fallback={<Opening />}>
        <SignIn onSignedIn={() => queries.invalidateQueries({ queryKey: SESSION_KEY })} />
      </Suspense>
    )
  const zone = session.preferences.utc ? 'UTC' : undefined
  showTimesIn(zone)
  return (
    <SessionContext value={session}>
      <Router base={BASE_PATH} hook={useAddress} searchHook={useAddressQuery}>
        <Shell key={zone} />
      </Router>
    </SessionContext>
  )
}
