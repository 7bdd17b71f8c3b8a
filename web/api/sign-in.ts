import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ChangedProvider, NewProvider, Provider, ProviderCheck } from '../../src/auth/provider.ts'
import type { SignInOptions, SignInSettings } from '../../src/auth/sign-in-settings.ts'
import { BASE_PATH } from './base-path.ts'
import { call, get } from './http.ts'
import { SESSION_KEY } from './session.ts'

export type { ChangedProvider, NewProvider, Provider, ProviderCheck, SignInOptions, SignInSettings }

const USERADM = '/api/management/v1/useradm'
const PROVIDERS = `${USERADM}/sign_in_providers`
export const PROVIDERS_EXPORT = `${PROVIDERS}/all/export`
const SETTINGS = `${USERADM}/sign_in_settings`
const KEY = ['sign-in-providers']

const TENANT_KEY = 'muster-tenant'
const ERROR = 'sign_in_error'

const { tenant: TENANT, failure: FAILURE } = readAddress()

/** The tenant whose providers are shown, and why a sign-in failed. Both are read once, and only the tenant is kept. */
function readAddress(): { tenant: string | undefined; failure: string | undefined } {
  const address = new URL(location.href)
  const failure = address.searchParams.get(ERROR) ?? undefined
  const named = address.searchParams.get('tenant')
  if (failure !== undefined || (named !== null && isRoot(address))) {
    address.searchParams.delete(ERROR)
    if (isRoot(address)) address.searchParams.delete('tenant')
    history.replaceState(history.state, '', address)
  }
  return { tenant: tenantIn(isRoot(address) ? named : null), failure }
}

function isRoot({ pathname }: URL): boolean {
  return pathname === `${BASE_PATH}/`
}

/** An empty name forgets the tenant. */
function tenantIn(named: string | null): string | undefined {
  try {
    if (named !== null) localStorage.setItem(TENANT_KEY, named)
    return localStorage.getItem(TENANT_KEY) || undefined
  } catch {
    // No storage: nothing is remembered.
    return named || undefined
  }
}

/** The code by which a sign-in by a provider failed, if this page was opened by its end. */
export const signInFailure = (): string | undefined => FAILURE

/** Not repeated: the form for passwords is there without it. */
export const useSignInOptions = () =>
  useQuery({
    ...{ queryKey: [SESSION_KEY[0], 'options'], retry: false, staleTime: 60_000 },
    queryFn: ({ signal }) => get<SignInOptions>(`${USERADM}/auth/providers`, TENANT ? { tenant: TENANT } : {}, signal),
  })

/** Leaves for the provider, which sends the browser back to this page. */
export function leaveFor(url: string, stay: boolean): void {
  const return_to = location.pathname.slice(BASE_PATH.length) + location.search
  location.assign(`${url}?${new URLSearchParams({ return: return_to || '/', stay: String(stay) })}`)
}

export const useProviders = () =>
  useQuery({ queryKey: KEY, queryFn: ({ signal }) => get<Provider[]>(PROVIDERS, undefined, signal) })

const pathOf = (id: string) => `${PROVIDERS}/${encodeURIComponent(id)}`

export const createProvider = (provider: NewProvider): Promise<void> => call('POST', PROVIDERS, { body: provider })
export const changeProvider = (id: string, provider: ChangedProvider): Promise<void> =>
  call('PUT', pathOf(id), { body: provider })
export const deleteProvider = (id: string): Promise<void> => call('DELETE', pathOf(id))
export const checkProvider = (id: string): Promise<ProviderCheck> => call('POST', `${pathOf(id)}/check`)

export const useSignInSettings = () =>
  useQuery({
    queryKey: [...KEY, 'settings'],
    queryFn: ({ signal }) => get<SignInSettings>(SETTINGS, undefined, signal),
  })
export const saveSignInSettings = (settings: SignInSettings): Promise<void> => call('PUT', SETTINGS, { body: settings })

export function useProvidersChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () =>
    Promise.all([queries.invalidateQueries({ queryKey: KEY }), queries.invalidateQueries({ queryKey: SESSION_KEY })])
}
