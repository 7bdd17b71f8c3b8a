import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changeTenant } from '../../src/auth/tenants/change-tenant.ts'
import { openApi } from '../support/api.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { type OpenIdProvider, startOpenIdProvider } from '../support/openid-provider.ts'
import { startPathProxy } from '../support/path-proxy.ts'
import { startServer } from '../support/server.ts'
import {
  ALLOWS_LOOPBACK,
  addProvider,
  clientFor,
  failureIn,
  PROVIDERS,
  providerOf,
  SESSION,
  sessionOf,
  signInAt,
} from '../support/sign-in.ts'
import { addUser, eventsOf, signIn, USERADM } from '../support/users.ts'
import { openVisitor, type Visitor } from '../support/visitor.ts'

const OBSERVER = 'RBAC_ROLE_OBSERVER'
const CI = 'RBAC_ROLE_CI'

const server = useServer(ALLOWS_LOOPBACK)
const tenant = useTenant(server)
let oidc: OpenIdProvider
let place: { tenant_id: string; id: string }
beforeAll(async () => {
  oidc = await startOpenIdProvider({ clients: [clientFor(server, tenant)] })
  place = { tenant_id: tenant.tenant_id, id: await addProvider(tenant, oidc.issuer) }
})
afterAll(() => oidc?.[Symbol.asyncDispose]())

let accounts = 0
/** A new account at the provider. */
function account(claims: Record<string, unknown> = {}): { sub: string; email: string } {
  const sub = `account-${++accounts}`
  const email = `${sub}@company.example`
  oidc.accounts[sub] = { email, email_verified: true, ...claims }
  return { sub, email }
}

const change = async (rules: Parameters<typeof providerOf>[1]) => {
  const { status, text } = await tenant.api.put(`${PROVIDERS}/company`, providerOf(oidc.issuer, rules))
  expect([status, text]).toEqual([204, ''])
}

const enter = (sub: string, options: { visitor?: Visitor; query?: string } = {}) =>
  signInAt(server, place, { account: sub, ...options })

const rolesOf = async (visitor: Visitor) => (await sessionOf(server, visitor)).body.user.roles

describe('the first sign-in', () => {
  test('creates a user without a password, whose session is in a cookie that no script reads', async () => {
    const { sub, email } = account()
    const { visitor, page } = await enter(sub, { query: '?return=/devices?q=a&stay=true' })
    expect(page).toBe(`${server.url}/devices?q=a`)
    const { status, body } = await sessionOf(server, visitor)
    expect([status, body.user]).toMatchObject([200, { email, roles: [OBSERVER], has_password: false }])
    const cookie = visitor.setCookies.findLast((text) => text.startsWith('muster_session='))
    expect(cookie).toMatch(/; Max-Age=86400; Path=\/api\/; HttpOnly; SameSite=Strict$/)
    expect(visitor.jarOf(server.url).has('muster_sign_in')).toBe(false)
    const events = (await eventsOf(server, tenant)).filter(({ object }) => JSON.stringify(object).includes(email))
    expect(events).toMatchObject([
      { action: 'create', actor: { type: 'system', id: 'sign-in provider Company' } },
      { action: 'login', actor: { email }, change: 'Signed in by Company' },
    ])
  })

  test('finds the same user again, who gets no second one, whatever the e-mail address is then', async () => {
    const { sub, email } = account()
    const first = await enter(sub)
    const { body } = await sessionOf(server, first.visitor)
    oidc.accounts[sub] = { email: 'another@company.example', email_verified: true }
    const second = await enter(sub)
    expect((await sessionOf(server, second.visitor)).body.user).toMatchObject({ id: body.user.id, email })
  })

  test('is refused if users are not created', async () => {
    await change({ create_users: false })
    const { visitor, page } = await enter(account().sub)
    await change({})
    expect(failureIn(page)).toBe('account_unknown')
    expect((await sessionOf(server, visitor)).status).toBe(401)
  })

  test('of two browsers at the same time creates one user', async () => {
    const { sub, email } = account()
    const visitors = await Promise.all([enter(sub), enter(sub), enter(sub)])
    const ids = await Promise.all(visitors.map(async ({ visitor }) => (await sessionOf(server, visitor)).body.user?.id))
    expect(new Set(ids).size).toBe(1)
    expect((await tenant.api.get(`${USERADM}/users?email=${email}`)).body).toHaveLength(1)
  })

  test('needs an e-mail address, of an allowed domain if there are any, and verified then', async () => {
    expect(failureIn((await enter(account({ email: undefined }).sub)).page)).toBe('account_without_email')
    expect(failureIn((await enter(account({ email: 'no address' }).sub)).page)).toBe('account_without_email')
    await change({ email_domains: ['COMPANY.example'] })
    for (const claims of [{ email: 'a@company.example.evil.example' }, { email_verified: false }])
      expect(failureIn((await enter(account(claims).sub)).page)).toBe('account_email_not_allowed')
    expect(failureIn((await enter(account().sub)).page)).toBe(null)
    await change({})
  })

  test('never takes over a user by the e-mail address alone', async () => {
    const user = await addUser(server, tenant, [CI])
    const { sub } = account({ email: user.email })
    expect(failureIn((await enter(sub)).page)).toBe('account_email_taken')
    const other = await server.tenant()
    expect(failureIn((await enter(account({ email: other.email }).sub)).page)).toBe('account_email_taken')
    await change({ link_users: true })
    expect(failureIn((await enter(account({ email: user.email, email_verified: false }).sub)).page)).toBe(
      'account_email_taken',
    )
    // A user of another tenant is never linked.
    expect(failureIn((await enter(account({ email: other.email }).sub)).page)).toBe('account_email_taken')
    const { visitor } = await enter(sub)
    expect((await sessionOf(server, visitor)).body.user).toMatchObject({ id: user.id, roles: [CI] })
    await change({})
    // Once linked, the account belongs to the user.
    expect((await sessionOf(server, (await enter(sub)).visitor)).body.user.id).toBe(user.id)
    const events = (await eventsOf(server, tenant)).filter(({ change }) => change?.includes('Linked to an account'))
    expect(events).toMatchObject([{ object: { id: user.id }, actor: { type: 'system' } }])
  })
})

describe('roles', () => {
  const mapping = {
    roles_claim: 'groups',
    role_mappings: [
      { value: 'builders', roles: [CI] },
      { value: 'everybody', roles: [OBSERVER, CI] },
    ],
    default_roles: [],
  }

  test('come from the values of a claim at each sign-in, and are refused without one', async () => {
    await change(mapping)
    const { sub } = account({ groups: ['builders', 'others'] })
    const first = await enter(sub)
    expect(await rolesOf(first.visitor)).toEqual([CI])
    oidc.accounts[sub] = { ...oidc.accounts[sub], groups: 'everybody' }
    expect((await rolesOf((await enter(sub)).visitor)).sort()).toEqual([CI, OBSERVER])
    oidc.accounts[sub] = { ...oidc.accounts[sub], groups: [] }
    expect(failureIn((await enter(sub)).page)).toBe('account_without_role')
    await change({ ...mapping, default_roles: ['RBAC_ROLE_BASIC'] })
    expect(await rolesOf((await enter(sub)).visitor)).toEqual(['RBAC_ROLE_BASIC'])
    await change({})
    // The provider does not decide any more: the roles stay.
    expect(await rolesOf((await enter(sub)).visitor)).toEqual(['RBAC_ROLE_BASIC'])
  })

  test('of a mapping that have been deleted since are not given', async () => {
    const sets = [{ name: 'ReadDevices' }]
    await tenant.api.post('/api/management/v2/useradm/roles', { name: 'own', permission_sets_with_scope: sets })
    await change({ ...mapping, role_mappings: [{ value: 'x', roles: ['own', CI] }] })
    const { sub } = account({ groups: ['x'] })
    expect((await rolesOf((await enter(sub)).visitor)).sort()).toEqual([CI, 'own'])
    await tenant.api.delete('/api/management/v2/useradm/roles/own')
    expect(await rolesOf((await enter(sub)).visitor)).toEqual([CI])
    await change({})
  })
})

describe('a session', () => {
  test('ends after the hours that the provider has, and at the sign-out', async () => {
    await change({ session_hours: 2 })
    const { visitor } = await enter(account().sub)
    server.advance(2 * 60 * 60 * 1000 - 60_000)
    expect((await sessionOf(server, visitor)).status).toBe(200)
    server.advance(61_000)
    expect((await sessionOf(server, visitor)).status).toBe(401)
    server.advance(-2 * 60 * 60 * 1000 - 1000)
    await change({})
  })

  test('of a browser that keeps no cookies ends with its window', async () => {
    const { visitor } = await enter(account().sub)
    const cookie = visitor.setCookies.findLast((text) => text.startsWith('muster_session='))
    expect(cookie).not.toMatch(/max-age|expires/i)
  })

  test('is ended at the provider, too, by the sign-out', async () => {
    const { visitor } = await enter(account().sub)
    const { csrf_token } = (await sessionOf(server, visitor)).body
    const init = { method: 'DELETE', headers: { 'x-csrf-token': csrf_token } }
    const { status, text } = await visitor.send(server.url + SESSION, init)
    expect([status, (await sessionOf(server, visitor)).status]).toEqual([200, 401])
    const url = new URL(JSON.parse(text).provider_url)
    expect(url.href.startsWith(oidc.issuer)).toBe(true)
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${server.url}/`)
    const asked = await visitor.follow(url.href)
    expect([asked.status, asked.text]).toEqual([200, expect.stringContaining('Yes, sign me out')])
    await change({ ends_provider_session: false })
    const other = await enter(account().sub)
    const session = (await sessionOf(server, other.visitor)).body
    const headers = { 'x-csrf-token': session.csrf_token }
    expect((await other.visitor.send(server.url + SESSION, { method: 'DELETE', headers })).status).toBe(204)
    await change({})
  })

  test('ends if the provider is disabled, the user is deleted, or the tenant is suspended', async () => {
    const [one, two] = [await enter(account().sub), await enter(account().sub)]
    const { user } = (await sessionOf(server, two.visitor)).body
    expect((await tenant.api.delete(`${USERADM}/users/${user.id}`)).status).toBe(204)
    expect((await sessionOf(server, two.visitor)).status).toBe(401)
    expect((await sessionOf(server, one.visitor)).status).toBe(200)
    await change({ enabled: false })
    expect((await sessionOf(server, one.visitor)).status).toBe(401)
    expect(failureIn((await enter(account().sub)).page)).toBe('sign_in_provider_not_found')
    await change({})
    await changeTenant(server.env, { tenant_id: tenant.tenant_id, status: 'suspended' })
    expect(failureIn((await enter(account().sub)).page)).toBe('tenant_suspended')
    await changeTenant(server.env, { tenant_id: tenant.tenant_id, status: 'active' })
    // The deleted account is known no more, and a new user is created.
    const again = await enter(account().sub)
    expect((await sessionOf(server, again.visitor)).status).toBe(200)
  })

  test('can make personal access tokens, and its user has no password to sign in with', async () => {
    const { visitor } = await enter(account().sub)
    const { csrf_token, user } = (await sessionOf(server, visitor)).body
    const made = await visitor.send(`${server.url}${USERADM}/settings/tokens`, {
      ...{ method: 'POST', body: JSON.stringify({ name: 'pipeline', expires_in: 3600 }) },
      headers: { 'x-csrf-token': csrf_token, 'content-type': 'application/json' },
    })
    expect((await openApi(server.url, made.text).get(`${USERADM}/users/me`)).body.email).toBe(user.email)
    for (const password of ['', 'null', 'scrypt$$'])
      expect((await signIn(server, { email: user.email, password })).status).toBe(401)
    const api = openApi(server.url, made.text)
    const password = { password: 'a new password', current_password: '' }
    expect((await api.put(`${USERADM}/users/me`, password)).body.code).toBe('current_password_mismatch')
  })
})

describe('the back-channel logout', () => {
  test('ends the sessions of the browser that has signed out at the provider, and no other', async () => {
    const { sub } = account()
    const one = await enter(sub)
    // The browser signs out at the provider itself, as from another application.
    const discovery = await fetch(`${oidc.issuer}/.well-known/openid-configuration`)
    const { end_session_endpoint } = (await discovery.json()) as { end_session_endpoint: string }
    const form = await one.visitor.send(end_session_endpoint)
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(form.text)?.[1] ?? ''
    const confirm = /action="([^"]+)"/.exec(form.text)?.[1] ?? ''
    const third = await enter(sub)
    const body = new URLSearchParams({ xsrf, logout: 'yes' })
    await one.visitor.follow(confirm, undefined, { method: 'POST', body })
    expect((await sessionOf(server, one.visitor)).status).toBe(401)
    expect((await sessionOf(server, third.visitor)).status).toBe(200)
  })
})

test('what was begun on one server is completed on another, and a logout at one ends the session on both', async () => {
  await using other = await startServer({ ...ALLOWS_LOOPBACK, database_url: server.database_url })
  const visitor = openVisitor()
  const { sub } = account()
  const isCallback = (url: string) => url.includes('/callback?')
  const asked = await visitor.follow(`${server.url}${USERADM}/auth/providers/${place.tenant_id}/company/start`)
  const body = new URLSearchParams({ login: sub })
  const { url: callback } = await visitor.follow(asked.url, isCallback, { method: 'POST', body })
  const elsewhere = callback.replace(server.url, other.url)
  for (const [name, value] of visitor.jarOf(server.url)) visitor.jarOf(other.url).set(name, value)
  const done = await visitor.send(elsewhere)
  expect([done.status, done.next]).toEqual([303, `${server.url}/`])
  for (const [name, value] of visitor.jarOf(other.url)) visitor.jarOf(server.url).set(name, value)
  for (const one of [server, other]) expect((await sessionOf(one, visitor)).status).toBe(200)
  const { csrf_token } = (await sessionOf(other, visitor)).body
  const out = await visitor.send(other.url + SESSION, { method: 'DELETE', headers: { 'x-csrf-token': csrf_token } })
  expect(out.status).toBe(200)
  for (const [name, value] of visitor.jarOf(server.url)) visitor.jarOf(other.url).set(name, value)
  for (const one of [server, other]) expect((await sessionOf(one, visitor)).status).toBe(401)
})

test('a provider that is down fails its own sign-in with a page, and no other', async () => {
  const { sub } = account()
  const late = openVisitor()
  const asked = await late.follow(`${server.url}${USERADM}/auth/providers/${place.tenant_id}/company/start`)
  oidc.is_up = false
  // What the provider says about itself is known for a while, so only a changed one is asked.
  await change({ name: 'Renamed' })
  const { page } = await enter(sub)
  expect(page).toBe(`${server.url}/?sign_in_error=sign_in_provider_unavailable`)
  const { status, body } = await openApi(server.url).get(`${USERADM}/auth/providers?tenant=${tenant.tenant_id}`)
  expect([status, body.providers.length]).toEqual([200, 1])
  expect((await signIn(server, tenant)).status).toBe(200)
  expect((await tenant.api.post(`${PROVIDERS}/company/check`)).body).toMatchObject({ works: false })
  oidc.is_up = true
  expect((await tenant.api.post(`${PROVIDERS}/company/check`)).body).toEqual({
    ...{ works: true, signs_out: true, logs_out: true },
  })
  await change({})
  const body2 = new URLSearchParams({ login: sub })
  const done = await late.follow(asked.url, (url) => url === `${server.url}/`, { method: 'POST', body: body2 })
  expect([done.url, (await sessionOf(server, late)).status]).toEqual([`${server.url}/`, 200])
})

test('who cancels at the provider is told so, on the page where the sign-in began', async () => {
  const visitor = openVisitor()
  const start = `${server.url}${USERADM}/auth/providers/${place.tenant_id}/company/start?return=/releases`
  const asked = await visitor.follow(start)
  const { url } = await visitor.follow(`${asked.url}/abort`, (to) => to.startsWith(`${server.url}/releases`))
  expect(url).toBe(`${server.url}/releases?sign_in_error=sign_in_refused`)
})

test('a provider with all claims in the ID token, and a client without a secret', async () => {
  const other = await server.tenant()
  const metadata = { token_endpoint_auth_method: 'none' as const }
  const client = { ...clientFor(server, other), metadata }
  await using own = await startOpenIdProvider({ clients: [client], in_id_token: true })
  own.accounts.ada = { email: 'ada@other.example', groups: ['builders'] }
  await addProvider(other, own.issuer, {
    ...{ client_secret: '', roles_claim: 'groups', role_mappings: [{ value: 'builders', roles: [CI] }] },
  })
  const { visitor } = await signInAt(server, { ...other, id: 'company' }, { account: 'ada' })
  const { user } = (await sessionOf(server, visitor)).body
  expect(user).toMatchObject({ email: 'ada@other.example', roles: [CI] })
})

test('a server below a path of a proxy is reached there, by the browser and by the provider', async () => {
  await using proxy = await startPathProxy('/muster')
  await using behind = await startServer({
    environment: { ...ALLOWS_LOOPBACK.environment, MUSTER_PUBLIC_URL: `${proxy.url}/` },
  })
  proxy.target = behind.url
  const other = await behind.tenant()
  await using own = await startOpenIdProvider({ clients: [clientFor(proxy, other)] })
  own.accounts.ada = { email: 'ada@other.example' }
  await addProvider(other, own.issuer)
  const { visitor, page } = await signInAt(
    proxy,
    { ...other, id: 'company' },
    { account: 'ada', query: '?return=/groups' },
  )
  expect(page).toBe(`${proxy.url}/groups`)
  const paths = visitor.setCookies.flatMap((text) => /^muster_\w+=[^;]+.* Path=([^;]+)/.exec(text)?.[1] ?? [])
  expect(paths).toEqual(['/muster/api/management/v1/useradm/auth/providers/', '/muster/api/'])
  expect((await sessionOf(proxy, visitor)).body.user.email).toBe('ada@other.example')
})
