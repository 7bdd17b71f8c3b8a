import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { operatorOf } from '../../src/auth/actor.ts'
import { logIn } from '../../src/auth/sessions/log-in.ts'
import { createUser } from '../../src/auth/users/create-user.ts'
import { openApi } from '../support/api.ts'
import { authenticates, authOf, ed25519 } from '../support/auth.ts'
import { useServer } from '../support/fixtures.ts'

const USERADM = '/api/management/v1/useradm'
const TENANT = '/api/management/v1/tenantadm/user/tenant'

const server = useServer()

test('users read their own account, under me and under their id', async () => {
  const { api, email, tenant_id } = await server.tenant()
  const me = await api.get(`${USERADM}/users/me`)
  expect(me.status).toBe(200)
  expect(me.headers.get('etag')).toMatch(/^".+"$/)
  const time = expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/)
  expect(me.body).toEqual({
    ...{
      id: expect.any(String),
      email,
      created_ts: time,
      updated_ts: time,
      login_ts: time,
      roles: ['RBAC_ROLE_PERMIT_ALL'],
    },
    ...{ tfa_status: 'disabled', verified: true, has_password: true, tenants: [{ id: tenant_id, name: 'test' }] },
  })
  expect((await api.get(`${USERADM}/users/${me.body.id}`)).body).toEqual(me.body)
})

test('users of another tenant and unknown users are 404', async () => {
  const [one, other] = [await server.tenant(), await server.tenant()]
  const { body } = await other.api.get(`${USERADM}/users/me`)
  for (const id of [body.id, randomUUID(), 'x', '%00'])
    expect([404, 400]).toContain((await one.api.get(`${USERADM}/users/${id}`)).status)
  expect(await one.api.get(`${USERADM}/users/${body.id}`)).toMatchObject({
    status: 404,
    body: { error: 'user not found' },
  })
})

test('logging out ends this session at once, and no other', async () => {
  const { api, email, password } = await server.tenant()
  const other = openApi(server.url, await logIn(server.env, { email, password }))
  expect(await api.post(`${USERADM}/auth/logout`)).toMatchObject({ status: 202, text: '' })
  expect((await api.get(`${USERADM}/users/me`)).status).toBe(401)
  expect((await api.post(`${USERADM}/auth/logout`)).status).toBe(401)
  expect((await other.get(`${USERADM}/users/me`)).status).toBe(200)
})

test('the tenant is returned with its tenant token', async () => {
  const tenant = await server.tenant('professional')
  const { status, body } = await tenant.api.get(TENANT)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    ...{ id: tenant.tenant_id, name: 'test', plan: 'professional', trial: false, status: 'active' },
    ...{
      tenant_token: tenant.tenant_token,
      addons: [{ name: 'configure', enabled: true }],
      service_provider: false,
      limits: { max_devices: -1 },
    },
    features: { retries: true, scheduled_deployments: true, saved_filters: false, roles: false },
  })
})

test('a suspended account can neither log in nor use its sessions', async () => {
  const tenant = await server.tenant()
  await authOf(server, tenant).setTenantStatus('suspended')
  const authorization = `Basic ${btoa(`${tenant.email}:${tenant.password}`)}`
  expect(await openApi(server.url).post(`${USERADM}/auth/login`, undefined, { authorization })).toMatchObject({
    status: 401,
    body: { error: 'tenant account suspended' },
  })
  expect((await tenant.api.get(`${USERADM}/users/me`)).status).toBe(401)
})

test('a device token is rejected by management routes, and a user token by device routes', async () => {
  const tenant = await server.tenant()
  const { token } = await authOf(server, tenant).admitted()
  expect((await openApi(server.url, token).get(`${USERADM}/users/me`)).status).toBe(401)
  expect(await authenticates(server, tenant.api.token ?? '')).toBe(false)
  expect(await authenticates(server, tenant.tenant_token)).toBe(false)
})

test('an observer can read devices but not change them', async () => {
  const tenant = await server.tenant()
  const auth = authOf(server, tenant)
  const { id, set_id, identity } = await auth.waiting()
  const login = { email: `${randomUUID()}@example.com`, password: 'correct horse battery' }
  const by = operatorOf(tenant.tenant_id)
  await createUser(server.env, by, { ...login, roles: ['RBAC_ROLE_OBSERVER'] })
  const api = openApi(server.url, await logIn(server.env, login))
  const observer = authOf(server, { ...tenant, api })
  expect(await observer.deviceWith(identity)).toMatchObject({ id, status: 'pending' })
  const refused = [
    await observer.setStatus(id, set_id, 'accepted'),
    await observer.deleteSet(id, set_id),
    await observer.decommission(id),
    await observer.preauthorize(ed25519(), { mac: 'x' }),
    await api.delete(`/api/management/v2/devauth/tokens/${set_id}`),
  ]
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
  expect(await auth.deviceWith(identity)).toMatchObject({ id, status: 'pending' })
})
