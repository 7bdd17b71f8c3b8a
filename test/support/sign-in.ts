import { expect } from 'vitest'
import type { ChangedProvider } from '../../src/auth/provider.ts'
import { addressesOf, pathOfProvider } from '../../src/auth/provider.ts'
import { CLIENT_SECRET, type RegisteredClient } from './openid-provider.ts'
import type { TestServer, TestTenant } from './server.ts'
import { USERADM } from './users.ts'
import { openVisitor, type Visitor } from './visitor.ts'

export const PROVIDERS = `${USERADM}/sign_in_providers`
export const SIGN_IN_SETTINGS = `${USERADM}/sign_in_settings`
export const OPTIONS = `${USERADM}/auth/providers`
export const SESSION = `${USERADM}/auth/session`
/** Test providers are on this machine. */
export const ALLOWS_LOOPBACK = { environment: { MUSTER_SIGN_IN_ALLOW: 'loopback' } }

type Url = Pick<TestServer, 'url'>
type Place = { tenant_id: string; id: string }

export const CLIENT_ID = 'muster'

/** The client that Muster is to a provider, for the provider's own configuration. */
export const clientFor = (
  { url }: Url,
  { tenant_id }: Pick<TestTenant, 'tenant_id'>,
  id = 'company',
): RegisteredClient => ({
  ...{ client_id: CLIENT_ID, ...addressesOf({ tenant_id, id }, url) },
})

export const providerOf = (issuer: string, rules: Partial<ChangedProvider> = {}): ChangedProvider => ({
  ...{ name: 'Company', issuer, client_id: CLIENT_ID, client_secret: CLIENT_SECRET },
  ...{ create_users: true, default_roles: ['RBAC_ROLE_OBSERVER'], ...rules },
})

/** Adds a sign-in provider to a tenant. Returns its ID. */
export async function addProvider(
  { api }: Pick<TestTenant, 'api'>,
  issuer: string,
  { id = 'company', ...rules }: Partial<ChangedProvider> & { id?: string } = {},
): Promise<string> {
  const { status, text } = await api.post(PROVIDERS, { id, ...providerOf(issuer, rules) })
  expect([status, text]).toEqual([201, ''])
  return id
}

export const startOf = ({ url }: Url, place: Place, query = ''): string =>
  `${url}${pathOfProvider(place)}/start${query}`

/** Whether an address is where a sign-in ends: a page of Muster, as opposed to its API. */
const isPageOf =
  ({ url }: Url) =>
  (address: string) =>
    address.startsWith(`${url}/`) && !address.startsWith(`${url}/api/management/`)

/** Signs in at the real provider. Returns the address of the page at which the browser ends. */
export async function signInAt(
  server: Url,
  place: Place,
  { account, visitor = openVisitor(), query = '' }: { account: string; visitor?: Visitor; query?: string },
): Promise<{ visitor: Visitor; page: string }> {
  const stops = isPageOf(server)
  const asked = await visitor.follow(startOf(server, place, query), stops)
  if (stops(asked.url)) return { visitor, page: asked.url }
  expect([asked.status, asked.text]).toEqual([200, expect.stringContaining('name="login"')])
  const body = new URLSearchParams({ login: account })
  const { url: page } = await visitor.follow(asked.url, stops, { method: 'POST', body })
  return { visitor, page }
}

export const failureIn = (page: string): string | null => new URL(page).searchParams.get('sign_in_error')

/** The session of a visitor, as the web UI reads it. */
export async function sessionOf({ url }: Url, visitor: Visitor) {
  const { status, text } = await visitor.send(url + SESSION)
  // biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary members
  return { status, body: JSON.parse(text) as any }
}
