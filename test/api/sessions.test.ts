import { beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from '../support/api.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const SESSION = '/api/management/v1/useradm/auth/session'
const SETTINGS = '/api/management/v1/useradm/settings/me'

const server = useServer()
const tenant = useTenant(server)
let browser: Api
beforeAll(async () => {
  browser = openApi(server.url)
})

async function signIn(more: { stay?: boolean } = {}) {
  const { email, password } = tenant
  const { status, headers } = await browser.post(SESSION, { email, password, ...more })
  const set = headers.get('set-cookie') ?? ''
  return { status, set, cookie: set.split(';')[0] ?? '' }
}

async function signedIn() {
  const { cookie } = await signIn()
  const { body } = await browser.get(SESSION, { cookie })
  return { cookie, csrf: body.csrf_token as string }
}

test('a browser signs in, reads its session, and signs out', async () => {
  const { status, cookie } = await signIn()
  expect(status).toBe(204)
  const { body } = await browser.get(SESSION, { cookie })
  expect(body).toMatchObject({
    user: { email: tenant.email, tfa_status: 'disabled' },
    ...{ tenant: { id: tenant.tenant_id, name: 'test' }, plan: 'enterprise' },
    permissions: expect.arrayContaining(['read', 'deployments', 'users']),
  })
  const out = await browser.delete(SESSION, undefined, { cookie, 'x-csrf-token': body.csrf_token })
  expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')])
  expect((await browser.get(SESSION, { cookie })).status).toBe(401)
})

test('the cookie is hidden from scripts and other sites, and ends with the browser unless persistent', async () => {
  const { set } = await signIn()
  expect(set).toMatch(/^muster_session=[^;]+;/)
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/api/']) expect(set).toContain(attribute)
  expect(set).not.toContain('Max-Age')
  expect((await signIn({ stay: true })).set).toContain('Max-Age=34560000')
})

test('a change authenticated by cookie needs the CSRF token that only a page of this origin can read', async () => {
  const { cookie, csrf } = await signedIn()
  const other = await signedIn()
  const save = (headers: Record<string, string>) => browser.post(SETTINGS, { theme: 'dark' }, { cookie, ...headers })
  expect(await save({})).toMatchObject({ status: 403, body: { error: expect.stringContaining('X-CSRF-Token') } })
  for (const wrong of ['', 'x', other.csrf, `${csrf}x`])
    expect((await save({ 'x-csrf-token': wrong })).status).toBe(403)
  expect((await save({ 'x-csrf-token': csrf })).status).toBe(201)
})

test('a change authenticated by the cookie of Mender’s web GUI needs it too, but not a read', async () => {
  const cookie = `JWT=${tenant.api.token}`
  expect((await browser.get(SETTINGS, { cookie })).status).toBe(200)
  expect((await browser.post(SETTINGS, {}, { cookie })).status).toBe(403)
})

test('a change with a bearer token needs no CSRF token, even with cookies', async () => {
  const { cookie } = await signIn()
  const headers = { cookie, authorization: `Bearer ${tenant.api.token}` }
  expect((await browser.post(SETTINGS, {}, headers)).status).toBe(201)
})

test('wrong credentials do not set a cookie', async () => {
  const { status, headers } = await browser.post(SESSION, { email: tenant.email, password: 'wrong password' })
  expect([status, headers.get('set-cookie')]).toEqual([401, null])
})

test('the permissions returned are those of the roles', async () => {
  const role = { email: 'observer@example.com', password: 'correct horse battery', roles: ['RBAC_ROLE_OBSERVER'] }
  expect((await tenant.api.post('/api/management/v1/useradm/users', role)).status).toBe(201)
  const { headers } = await browser.post(SESSION, { email: role.email, password: role.password })
  const cookie = (headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const { body } = await browser.get(SESSION, { cookie })
  expect(body.permissions).toEqual(
    expect.arrayContaining(['read', 'read_devices', 'read_deployments', 'read_releases']),
  )
  for (const absent of ['devices', 'deployments', 'users', 'upload', 'download', 'read_audit_logs'])
    expect(body.permissions).not.toContain(absent)
})
