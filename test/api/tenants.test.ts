import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { changeTenant, type TenantChange } from '../../src/auth/tenants/change-tenant.ts'
import { findTenant, findTenants } from '../../src/auth/tenants/find-tenant.ts'
import { openApi } from '../support/api.ts'
import { authenticates, authOf, claimsOf } from '../support/auth.ts'
import { dump } from '../support/dump.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'
import { isSignedIn, signIn, USERADM } from '../support/users.ts'

const TENANT = '/api/management/v1/tenantadm/user/tenant'
const FILTERS = '/api/management/v2/inventory/filters'

const server = useServer()

const change = ({ tenant_id }: TestTenant, update: Omit<TenantChange, 'tenant_id'>) =>
  changeTenant(server.env, { tenant_id, ...update })

/** All ways in which users and devices of a tenant authenticate. */
async function waysIn(tenant: TestTenant) {
  const { text } = await tenant.api.post(`${USERADM}/settings/tokens`, { name: randomUUID() })
  const script = openApi(server.url, text)
  const auth = authOf(server, tenant)
  const device = await auth.admitted()
  return async () => ({
    login: (await signIn(server, tenant)).status === 200,
    session: await isSignedIn(tenant.api),
    access_token: await isSignedIn(script),
    device_authentication: (await auth.ask(device.keys, device.identity)).status === 200,
    device_token: await authenticates(server, device.token),
  })
}

const ACCEPTED = { login: true, session: true, access_token: true, device_authentication: true, device_token: true }
const REJECTED = {
  login: false,
  session: false,
  access_token: false,
  device_authentication: false,
  device_token: false,
}

describe('a suspended tenant', () => {
  test('is rejected by all authentication until it is resumed, without effect on another tenant', async () => {
    const [tenant, unaffected] = [await server.tenant(), await server.tenant()]
    const [open, next] = [await waysIn(tenant), await waysIn(unaffected)]
    expect([await open(), await next()]).toEqual([ACCEPTED, ACCEPTED])
    // Except for the two events in the audit log, and their number.
    const content = async () => {
      const { events: _lines, tenants: _count, ...others } = await dump(server.env.db, tenant.tenant_id)
      return others
    }
    const before = await content()
    await change(tenant, { status: 'suspended' })
    expect([await open(), await next()]).toEqual([REJECTED, ACCEPTED])
    expect(await signIn(server, tenant)).toMatchObject({ status: 401, body: { error: 'tenant account suspended' } })
    expect(await signIn(server, { ...tenant, password: 'wrong password' })).toMatchObject({
      ...{ status: 401, body: { error: 'unauthorized' } },
    })
    await change(tenant, { status: 'active' })
    expect(await content()).toEqual(before)
    expect([await open(), await next()]).toEqual([ACCEPTED, ACCEPTED])
  })

  test('does not accept requests of new devices', async () => {
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    const { keys, identity } = await auth.admitted()
    await change(tenant, { status: 'suspended' })
    const before = await dump(server.env.db, tenant.tenant_id)
    expect(await auth.ask(keys, { mac: randomUUID() })).toMatchObject({
      ...{ status: 401, body: { error: 'Account suspended' } },
    })
    expect(await auth.ask(keys, identity)).toMatchObject({ status: 401 })
    expect(await dump(server.env.db, tenant.tenant_id)).toEqual(before)
  })
})

describe('a change of the plan', () => {
  test('applies to the next request of an existing session, and is in new tokens of users and devices', async () => {
    const [tenant, unaffected] = [await server.tenant('enterprise'), await server.tenant('os')]
    const auth = authOf(server, tenant)
    const { keys, identity, token } = await auth.admitted()
    const seen = async () => ({
      filters: (await tenant.api.get(FILTERS)).status,
      binding: (await tenant.api.get(`${USERADM}/plan_binding`)).body.plan.name,
      features: (await tenant.api.get(TENANT)).body.features,
      user: claimsOf((await signIn(server, tenant)).text)['mender.plan'],
      script: claimsOf((await tenant.api.post(`${USERADM}/settings/tokens`, { name: randomUUID() })).text)[
        'mender.plan'
      ],
      device: claimsOf((await auth.ask(keys, identity)).text)['mender.plan'],
    })
    const everything = {
      ...{ saved_filters: true, dynamic_deployments: true, phased_deployments: true },
      retries: true,
    }
    expect(await seen()).toMatchObject({
      ...{ filters: 200, binding: 'enterprise', features: everything },
      ...{ user: 'enterprise', script: 'enterprise', device: 'enterprise' },
    })
    await change(tenant, { plan: 'os' })
    const nothing = { saved_filters: false, dynamic_deployments: false, phased_deployments: false, retries: false }
    expect(await seen()).toMatchObject({
      ...{ filters: 403, binding: 'os', features: nothing, user: 'os', script: 'os', device: 'os' },
    })
    expect(await authenticates(server, token)).toBe(true)
    await change(tenant, { plan: 'professional' })
    expect(await seen()).toMatchObject({ features: { saved_filters: false, retries: true }, user: 'professional' })
    expect((await unaffected.api.get(TENANT)).body).toMatchObject({ plan: 'os' })
  })

  test('accepts only the plans that are listed, with their features', async () => {
    const { api } = await server.tenant('os')
    const { status, body } = await api.get(`${USERADM}/plans`)
    expect(status).toBe(200)
    expect(body).toMatchObject([
      { name: 'os', display_name: 'Open Source', features: { retries: false, saved_filters: false } },
      { name: 'professional', display_name: 'Professional', features: { retries: true, saved_filters: false } },
      { name: 'enterprise', display_name: 'Enterprise', features: { retries: true, saved_filters: true } },
    ])
  })
})

describe('a change of the device limit', () => {
  test('is returned, applies to the next device, and leaves accepted devices accepted', async () => {
    const [tenant, unaffected] = [await server.tenant(), await server.tenant()]
    const auth = authOf(server, tenant)
    const devices = [await auth.admitted(), await auth.admitted()]
    await change(tenant, { max_devices: 1 })
    expect((await tenant.api.get(TENANT)).body).toMatchObject({ max_devices: 1, limits: { max_devices: 1 } })
    expect((await tenant.api.get('/api/management/v2/devauth/limits/max_devices')).body).toEqual({ limit: 1 })
    for (const { token } of devices) expect(await authenticates(server, token)).toBe(true)
    const waiting = await auth.waiting()
    expect((await auth.setStatus(waiting.id, waiting.set_id, 'accepted')).status).toBe(422)
    await change(tenant, { max_devices: 3 })
    expect((await auth.setStatus(waiting.id, waiting.set_id, 'accepted')).status).toBe(204)
    await change(tenant, { max_devices: -1 })
    expect((await auth.admitted()).token).toBeTypeOf('string')
    expect((await unaffected.api.get(TENANT)).body).toMatchObject({ max_devices: -1 })
  })
})

test('tenants are found, and an unknown one is rejected with a message', async () => {
  const tenant = await server.tenant('professional')
  const found = await findTenant(server.env, tenant)
  expect(found).toMatchObject({ id: tenant.tenant_id, plan: 'professional', status: 'active', max_devices: -1 })
  expect(await findTenants(server.env)).toContainEqual(found)
  const missing = { status: 404, message: 'There is no tenant nowhere: "muster tenant list" shows the tenants.' }
  await expect(findTenant(server.env, { tenant_id: 'nowhere' })).rejects.toMatchObject(missing)
  await expect(changeTenant(server.env, { tenant_id: 'nowhere', plan: 'os' })).rejects.toMatchObject(missing)
})

test('simultaneous changes of one tenant are all applied', async () => {
  const tenant = await server.tenant()
  await Promise.all([
    change(tenant, { plan: 'os' }),
    change(tenant, { max_devices: 7 }),
    change(tenant, { status: 'suspended' }),
  ])
  expect(await findTenant(server.env, tenant)).toMatchObject({ plan: 'os', max_devices: 7, status: 'suspended' })
})
