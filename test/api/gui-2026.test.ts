import { beforeAll, describe, expect, test } from 'vitest'
import { openApi } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

// What Mender's web GUI of August 2026 requests in addition to the requests in `web-gui.test.ts`.

const M = '/api/management'
const SOFTWARE = `${M}/v1alpha1/deployments/software`
const USERS = `${M}/v2/useradm/users`

const server = useServer()
const tenant = useTenant(server)
beforeAll(async () => {
  const { api } = tenant
  await uploadTestArtifact(api, { name: 'app-1', device_types: ['b', 'a'] })
  await uploadTestArtifact(api, {
    name: 'app-1',
    device_types: ['c'],
    payloads: [{ type: 'docker', files: { f: 'x' } }],
  })
  await uploadTestArtifact(api, { name: 'app-2', device_types: ['a'] })
  await api.put(`${M}/v2/deployments/deployments/releases/app-2/tags`, ['stable'])
})

const names = (body: { name: string }[]) => body.map(({ name }) => name)

describe('software', () => {
  test('is the releases, with their type and compatible device types', async () => {
    const { status, body, headers } = await tenant.api.get(`${SOFTWARE}?page=1&per_page=20&sort=name:asc`)
    const modified = expect.stringMatching(/Z$/)
    expect([status, body]).toEqual([
      200,
      [
        { name: 'app-1', kind: 'release', modified, compatible_types: ['a', 'b', 'c'], tags: [], notes: '' },
        { name: 'app-2', kind: 'release', modified, compatible_types: ['a'], tags: ['stable'], notes: '' },
      ],
    ])
    expect(headers.get('x-total-count')).toBe('2')
  })

  test.each([
    ['kind=release', ['app-1', 'app-2']],
    ['kind=manifest', []],
    ['name=app-2&name=other', ['app-2']],
    ['name=app', []],
    ['name_prefix=APP', ['app-1', 'app-2']],
    ['name_prefix=pp', []],
    ['tag=stable', ['app-2']],
    ['update_type=docker', ['app-1']],
    ['sort=name:desc', ['app-2', 'app-1']],
    ['name_prefix=app&tag=stable&kind=&name=&update_type=', ['app-2']],
  ])('is found by %s', async (query, expected) => {
    const { body, headers } = await tenant.api.get(`${SOFTWARE}?${query}`)
    expect([names(body), headers.get('x-total-count')]).toEqual([expected, String(expected.length)])
  })

  test.each([
    ['kind=app', 'kind: must be one of release, manifest'],
    ['name=a&name_prefix=b', 'name and name_prefix exclude each other: give only one of them.'],
    ['sort=artifacts_count', 'invalid sort query: must be one of name, modified, tags, then :asc or :desc'],
  ])('is rejected with %s', async (query, error) => {
    expect(await tenant.api.get(`${SOFTWARE}?${query}`)).toMatchObject({ status: 400, body: { error } })
  })

  test('has the tags of the releases; there are no manifests', async () => {
    expect((await tenant.api.get(`${SOFTWARE}/tags?kind=release`)).body).toEqual(['stable'])
    expect((await tenant.api.get(`${SOFTWARE}/tags?kind=manifest`)).body).toEqual([])
    expect((await tenant.api.get(`${SOFTWARE}/tags`)).body).toEqual(['stable'])
    const { body, headers } = await tenant.api.get(`${M}/v1alpha1/deployments/manifests?page=1&per_page=20`)
    expect([body, headers.get('x-total-count')]).toEqual([[], '0'])
  })
})

test('the tenant has its device limit and the number of its devices for each tier', async () => {
  const { api, tenant_id, tenant_token } = await server.tenant('professional')
  const ME = `${M}/v2/tenantadm/tenants/me`
  const { body } = await api.get(ME)
  expect(body).toEqual((await api.get(`${M}/v1/tenantadm/user/tenant`)).body)
  const none = { value: 0, current_value: 0 }
  expect((await api.get(`${ME}?tiers=true`)).body).toEqual({
    ...body,
    device_limits: { max_devices: { value: -1, current_value: 0 }, max_micro_devices: none, max_system_devices: none },
  })
  expect(body).toMatchObject({
    id: tenant_id,
    plan: 'professional',
    trial: false,
    addons: [{ name: 'configure', enabled: true }],
  })
  expect((await api.get(`${ME}/token`)).body).toEqual({ tenant_token })
})

test('devices are found by the beginning of an identifying attribute', async () => {
  const { api } = tenant
  const [one, other] = await enrol(server, tenant, 2)
  expect((await api.get(`${M}/v2/tenantadm/tenants/me?tiers=true`)).body.device_limits.max_devices.current_value).toBe(
    2,
  )
  await api.put(`${M}/v1/inventory/devices/${other!.id}/tags`, [{ name: 'name', value: 'Küche (1)' }])
  const search = async (scope: string, name: string, value_prefix: string, more: object = {}) => {
    const path = `${M}/v2alpha1/inventory/identities/search`
    const { body, headers } = await api.post(path, { scope, name, value_prefix, page: 1, per_page: 10, ...more })
    expect(headers.get('x-total-count')).toBe(String(body.length))
    return body.map(({ id }: { id: string }) => id).sort()
  }
  const mac = String(one!.identity.mac)
  expect(await search('identity', 'mac', mac.slice(0, 13))).toEqual([one!.id])
  expect(await search('identity', 'mac', mac.slice(1))).toEqual([])
  expect(await search('identity', 'mac', '')).toEqual([one!.id, other!.id].sort())
  expect(await search('identity', 'id', other!.id!.slice(0, 13))).toEqual([other!.id])
  expect(await search('tags', 'name', 'Küche (')).toEqual([other!.id])
  expect(await search('tags', 'name', '.')).toEqual([])
  const attributes = [{ scope: 'tags', attribute: 'name' }]
  expect(await search('tags', 'name', 'K', { attributes })).toEqual([other!.id])
  expect((await api.get(`${M}/v2alpha1/inventory/devices/${one!.id}/components`)).body).toEqual([])
  expect((await api.get(`${M}/v2alpha1/inventory/devices/none/components`)).status).toBe(404)
  const wrong = { scope: 'inventory', name: 'a', value_prefix: 'b' }
  expect((await api.post(`${M}/v2alpha1/inventory/identities/search`, wrong)).status).toBe(400)
})

test('users are created, and change their password, in version 2 too', async () => {
  const own = await server.tenant()
  const email = `v2-${own.email}`
  expect(await own.api.post(USERS, { email, password: own.password })).toMatchObject({ status: 201 })
  expect(await own.api.post(USERS, { email, password: own.password })).toMatchObject({ status: 422 })
  const listed = await own.api.get(`${M}/v1/useradm/users?email=${encodeURIComponent(email)}`)
  expect(listed.body).toMatchObject([{ email }])
  const change = { password: 'another horse', current_password: own.password }
  expect(await own.api.put(`${USERS}/me`, { ...change, current_password: 'wrong' })).toMatchObject({ status: 422 })
  expect(await own.api.put(`${USERS}/me`, change)).toMatchObject({ status: 204, text: '' })
  const login = (password: string) =>
    openApi(server.url).post(`${M}/v1/useradm/auth/login`, undefined, {
      authorization: `Basic ${Buffer.from(`${own.email}:${password}`).toString('base64')}`,
    })
  expect((await login(own.password)).status).toBe(401)
  expect((await login('another horse')).status).toBe(200)
  const pending = await own.api.get(`${M}/v1/useradm/users/me/email-change/pending`)
  expect(pending).toMatchObject({ status: 204, text: '' })
})

test('plans are returned as by Mender', async () => {
  const { api } = await server.tenant('professional')
  const features = { rbac: false, audit_logs: false, dynamic_groups: false, terminal: false, retries: true }
  expect((await api.get(`${M}/v1/useradm/plan_binding`)).body).toMatchObject({
    plan: { name: 'professional', display_name: 'Professional', features },
    limits: { devices: -1 },
  })
  const { body: plans } = await api.get(`${M}/v1/useradm/plans`)
  expect(names(plans)).toEqual(['os', 'professional', 'enterprise'])
  expect(plans[2]).toMatchObject({ display_name: 'Enterprise', features: { rbac: true, dynamic_groups: true } })
})

test('direct uploads to the storage are 404 with the alternative', async () => {
  for (const path of ['directupload', 'directupload/3f4b1f4e-0000-4000-8000-000000000000/complete'])
    expect(await tenant.api.post(`${M}/v1/deployments/artifacts/${path}`)).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('not offered: send the file with POST /api/management') },
    })
})
