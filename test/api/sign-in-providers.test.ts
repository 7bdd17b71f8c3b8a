import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changeTenant } from '../../src/auth/tenants/change-tenant.ts'
import { openApi } from '../support/api.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { type OpenIdProvider, startOpenIdProvider } from '../support/openid-provider.ts'
import {
  ALLOWS_LOOPBACK,
  addProvider,
  clientFor,
  OPTIONS,
  PROVIDERS,
  providerOf,
  SESSION,
  SIGN_IN_SETTINGS,
  sessionOf,
  signInAt,
} from '../support/sign-in.ts'
import { addUser, eventsOf, idOf, isSignedIn, signIn, USERADM } from '../support/users.ts'

const ISSUER = 'https://login.example.com/realms/company'
const SECRET = 'a secret that nobody may see'

const server = useServer(ALLOWS_LOOPBACK)

describe('a sign-in provider', () => {
  test('is created, shown without its secret, changed and deleted, and the audit log says so', async () => {
    const { api, tenant_id, ...tenant } = await server.tenant()
    const body = { ...providerOf(ISSUER), id: 'keycloak', client_secret: SECRET }
    const created = await api.post(PROVIDERS, body)
    expect([created.status, created.headers.get('location')]).toEqual([201, `${PROVIDERS}/keycloak`])
    const { body: shown } = await api.get(`${PROVIDERS}/keycloak`)
    const base = `${server.url}${USERADM}/auth/providers/${tenant_id}/keycloak`
    expect(shown).toEqual({
      ...{ id: 'keycloak', name: 'Company', issuer: ISSUER, client_id: 'muster', has_client_secret: true },
      ...{ enabled: true, scopes: ['openid', 'email', 'profile'], role_mappings: [], email_domains: [] },
      ...{ default_roles: ['RBAC_ROLE_OBSERVER'], create_users: true, link_users: false, session_hours: 24 },
      ...{ ends_provider_session: true, created_ts: expect.any(String), updated_ts: expect.any(String) },
      ...{ redirect_uri: `${base}/callback`, post_logout_redirect_uri: `${server.url}/` },
      backchannel_logout_uri: `${base}/backchannel_logout`,
    })
    expect((await api.get(PROVIDERS)).body).toEqual([shown])
    const change = { ...providerOf(ISSUER), name: 'Renamed', client_secret: undefined, scopes: ['groups'] }
    expect((await api.put(`${PROVIDERS}/keycloak`, change)).status).toBe(204)
    expect((await api.get(`${PROVIDERS}/keycloak`)).body).toMatchObject({
      ...{ name: 'Renamed', has_client_secret: true, scopes: ['openid', 'groups'] },
    })
    expect((await api.put(`${PROVIDERS}/keycloak`, { ...change, client_secret: '' })).status).toBe(204)
    expect((await api.get(`${PROVIDERS}/keycloak`)).body.has_client_secret).toBe(false)
    expect((await api.delete(`${PROVIDERS}/keycloak`)).status).toBe(204)
    expect((await api.get(PROVIDERS)).body).toEqual([])
    const events = await eventsOf(server, { ...tenant, tenant_id })
    expect(events.slice(1)).toMatchObject([
      { action: 'create', object: { id: 'keycloak', type: 'sign_in_provider' } },
      { action: 'update', change: expect.stringContaining('+name: "Renamed"') },
      { action: 'update', change: expect.stringContaining('client_secret: "another, hidden"') },
      { action: 'delete' },
    ])
    expect(JSON.stringify([shown, events])).not.toContain(SECRET)
  })

  test.each<[string, object, string]>([
    ['an issuer by http', { issuer: 'http://login.example.com' }, 'issuer: must begin with https://'],
    ['no URL as issuer', { issuer: 'login.example.com' }, 'issuer: must be a URL with https://'],
    ['a discovery document as issuer', { issuer: `${ISSUER}/.well-known/openid-configuration` }, 'must end before'],
    ['a password in the issuer', { issuer: 'https://a:b@login.example.com' }, 'must have no user name'],
    ['a query in the issuer', { issuer: `${ISSUER}?a=b` }, 'must have no user name, password, query'],
    ['a private issuer', { issuer: 'https://10.0.0.1' }, 'MUSTER_SIGN_IN_ALLOW'],
    ['no name', { name: '' }, 'name: cannot be blank'],
    ['a name of spaces', { name: ' ' }, 'name: '],
    ['an ID that is no part of an address', { id: 'Key Cloak' }, 'id: '],
    ['a role that does not exist', { default_roles: ['nobody'] }, 'nobody'],
    ['a mapping to no role', { role_mappings: [{ value: 'x', roles: [] }] }, 'role_mappings.0.roles'],
    ['a scope with a space', { scopes: ['a b'] }, 'scopes.0'],
    ['a domain with an @', { email_domains: ['a@b.example'] }, 'email_domains.0'],
    ['a session of no hours', { session_hours: 0 }, 'session_hours'],
    ['an unknown member', { nonsense: 1 }, 'additional properties'],
  ])('with %s is rejected', async (_what, wrong, sentence) => {
    const { api } = await server.tenant()
    const { status, body } = await api.post(PROVIDERS, { ...providerOf(ISSUER), ...wrong })
    expect([status, body.error]).toEqual([
      expect.toSatisfy((n) => n === 400 || n === 422),
      expect.stringContaining(sentence),
    ])
    expect((await api.get(PROVIDERS)).body).toEqual([])
  })

  test('shares neither its ID nor its issuer with another one of the tenant, and there are at most ten', async () => {
    const { api } = await server.tenant()
    await addProvider({ api }, ISSUER, { id: 'one' })
    expect((await api.post(PROVIDERS, { ...providerOf(`${ISSUER}/`), id: 'one' })).body).toMatchObject({ field: 'id' })
    const same = await api.post(PROVIDERS, { ...providerOf(ISSUER), id: 'two' })
    expect([same.status, same.body.code, same.body.field]).toEqual([409, 'sign_in_provider_exists', 'issuer'])
    for (let i = 1; i < 10; i++) await addProvider({ api }, `${ISSUER}/${i}`, { id: `more-${i}` })
    const more = await api.post(PROVIDERS, providerOf(`${ISSUER}/more`))
    expect([more.status, more.body.code]).toEqual([422, 'too_many_sign_in_providers'])
    const taken = await api.put(`${PROVIDERS}/more-1`, providerOf(`${ISSUER}/2`))
    expect([taken.status, taken.body.field]).toEqual([409, 'issuer'])
  })

  test('is a button of its tenant only, or of the default tenant if none is named', async () => {
    const [one, other] = [await server.tenant(), await server.tenant()]
    await addProvider(one, ISSUER, { id: 'b', name: 'Beta' })
    await addProvider(one, `${ISSUER}/2`, { id: 'a', name: 'alpha' })
    await addProvider(one, `${ISSUER}/3`, { id: 'c', enabled: false })
    const anybody = openApi(server.url)
    const optionsOf = async (query: string) => (await anybody.get(`${OPTIONS}${query}`)).body
    expect(await optionsOf(`?tenant=${one.tenant_id.toUpperCase()}`)).toEqual({
      ...{ password: true, base_url: server.url },
      providers: [
        { id: 'a', name: 'alpha', url: `${server.url}${OPTIONS}/${one.tenant_id}/a/start` },
        { id: 'b', name: 'Beta', url: `${server.url}${OPTIONS}/${one.tenant_id}/b/start` },
      ],
    })
    const none = { password: true, providers: [], base_url: server.url }
    for (const query of ['', `?tenant=${other.tenant_id}`, '?tenant=test', '?tenant='])
      expect(await optionsOf(query)).toEqual(none)
    await changeTenant(server.env, { tenant_id: one.tenant_id, status: 'suspended' })
    expect(await optionsOf(`?tenant=${one.tenant_id}`)).toEqual(none)
  })
})

describe('passwords', () => {
  const tenant = useTenant(server)
  let oidc: OpenIdProvider
  beforeAll(async () => {
    oidc = await startOpenIdProvider({ clients: [clientFor(server, tenant)] })
    oidc.accounts.ada = { email: 'ada@company.example', email_verified: true }
  })
  afterAll(() => oidc?.[Symbol.asyncDispose]())

  const save = (settings: object) => tenant.api.put(SIGN_IN_SETTINGS, settings)
  const only = (password_user_id: string) => save({ password_sign_in: 'one_user', password_user_id })

  test('cannot be switched off without a provider, or for a user who could not repair it', async () => {
    const me = idOf(tenant.api)
    expect((await only(me)).body.code).toBe('last_sign_in_provider')
    await addProvider(tenant, oidc.issuer)
    const observer = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    expect((await only(observer.id)).body).toMatchObject({ code: 'user_without_password', field: 'password_user_id' })
    const { visitor } = await signInAt(server, { ...tenant, id: 'company' }, { account: 'ada' })
    const { user } = (await sessionOf(server, visitor)).body
    expect((await only(user.id)).body.code).toBe('user_without_password')
    expect((await only('nobody')).status).toBe(404)
    expect((await save({ password_sign_in: 'one_user' })).status).toBe(400)
    expect((await tenant.api.get(SIGN_IN_SETTINGS)).body).toEqual({ password_sign_in: 'everyone' })
  })

  test('are then refused in words, with the sessions opened by them, for all but one user', async () => {
    const me = idOf(tenant.api)
    const other = await addUser(server, tenant)
    const token = await other.api.post(`${USERADM}/settings/tokens`, { name: 'ci', expires_in: 3600 })
    const { visitor } = await signInAt(server, { ...tenant, id: 'company' }, { account: 'ada' })
    expect((await only(me)).status).toBe(204)
    expect((await tenant.api.get(SIGN_IN_SETTINGS)).body).toEqual({
      password_sign_in: 'one_user',
      password_user_id: me,
    })
    // By Mender's API and by the web UI.
    const refused = {
      status: 403,
      body: { code: 'password_sign_in_off', error: expect.stringMatching(/switched off/) },
    }
    expect(await signIn(server, other)).toMatchObject(refused)
    const { email, password } = other
    expect(await openApi(server.url).post(SESSION, { email, password })).toMatchObject(refused)
    // Who does not know the password learns nothing.
    expect((await signIn(server, { email, password: 'a wrong guess' })).body.code).toBe('wrong_credentials')
    expect(await isSignedIn(other.api)).toBe(false)
    expect(await isSignedIn(openApi(server.url, token.text))).toBe(true)
    expect((await sessionOf(server, visitor)).status).toBe(200)
    expect(await isSignedIn(tenant.api)).toBe(true)
    expect((await signIn(server, tenant)).status).toBe(200)
    const { body } = await openApi(server.url).get(`${OPTIONS}?tenant=${tenant.tenant_id}`)
    expect(body.password).toBe(false)
    const events = await eventsOf(server, tenant)
    expect(events.at(-1)).toMatchObject({ action: 'login', change: 'Signed in with a password', actor: { id: me } })
  })

  test('stay so until there is another way: neither the user nor the last provider can go', async () => {
    const me = idOf(tenant.api)
    const another = await addUser(server, tenant)
    const token = await tenant.api.post(`${USERADM}/settings/tokens`, { name: 'x', expires_in: 3600 })
    const api = openApi(server.url, token.text)
    expect((await api.delete(`${USERADM}/users/${me}`)).body.code).toBe('password_user_needed')
    for (const response of [
      await api.delete(`${PROVIDERS}/company`),
      await api.put(`${PROVIDERS}/company`, providerOf(oidc.issuer, { enabled: false })),
    ])
      expect([response.status, response.body.code]).toEqual([409, 'last_sign_in_provider'])
    await addProvider(tenant, ISSUER, { id: 'second' })
    expect((await api.delete(`${PROVIDERS}/second`)).status).toBe(204)
    expect((await api.delete(`${USERADM}/users/${another.id}`)).status).toBe(204)
  })

  test('are allowed again by an administrator, or by the operator of the server', async () => {
    const me = idOf(tenant.api)
    const other = await addUser(server, tenant)
    expect((await signIn(server, other)).status).toBe(403)
    await changeTenant(server.env, { tenant_id: tenant.tenant_id, allows_passwords: true })
    expect((await signIn(server, other)).status).toBe(200)
    expect((await only(me)).status).toBe(204)
    expect((await signIn(server, other)).status).toBe(403)
    expect((await save({ password_sign_in: 'everyone' })).status).toBe(204)
    expect((await signIn(server, other)).status).toBe(200)
    const changes = (await eventsOf(server, tenant)).map(({ change }) => change ?? '')
    expect(changes.filter((text) => text.includes('+password_user_id: null'))).toHaveLength(2)
  })
})
