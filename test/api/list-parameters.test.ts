import { isDeepStrictEqual } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy, poll, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { pathIn, type Route, readRoutes } from '../support/routes.ts'
import { makeWorld, OBSERVER, signIn, USERADM, type World } from '../support/world.ts'

const M = '/api/management'
const DEPLOYMENTS = `${M}/v1/deployments/deployments`
const SECOND_MS = 1000

const server = useServer()
let world: World
let api: Api
let routes: Route[]
/** A time, in whole seconds, with objects of every kind before and after it. */
let between: number
/** A later time, after which there are fewer events than fit on a page of the audit log. */
let late: number

beforeAll(async () => {
  world = await makeWorld(server)
  api = world.tenant.api
  server.advance(5 * SECOND_MS)
  between = Math.floor((Date.now() + 3 * SECOND_MS) / SECOND_MS)
  await addMore()
  routes = (await readRoutes(api)).filter(({ method, query }) => method === 'GET' && query.length > 0)
})

/** Adds a second object of each kind that has only one, later than the first. */
async function addMore() {
  const { device, other, deployments } = world
  const payloads = [{ type: 'docker', files: { f: 'x' } }]
  await uploadTestArtifact(api, { name: 'Küche', device_types: ['x', 'y'], description: 'Größe', payloads })
  await api.put(`${M}/v2/deployments/deployments/releases/release-2/tags`, ['stable'])
  await deploy(api, { name: 'to the other', devices: [other.id] })
  await api.put(`${M}/v1/inventory/devices/${other.id}/group`, { group: 'fleet' })
  await api.put(`${M}/v1/inventory/devices/${world.device_ids.pending}/group`, { group: 'lab' })
  await api.post(`${M}/v2/inventory/filters`, { name: 'second', terms: [FOO] })
  await api.put(`${M}/v1/inventory/devices/${device.id}/tags`, [{ name: 'name', value: 'kitchen' }])
  const [failing, present] = await enrol(server, world.tenant, 2, { foo: 'foo', device_type: 'qemux86-64' })
  for (const one of [failing!, present!, failing!]) {
    await poll(one)
    await one.report(deployments.running, one === failing ? 'failure' : 'already-installed')
  }
  for (const { id } of await enrol(server, world.tenant, 2, { foo: 'foo' }))
    await api.put(`${V2}/devices/${id}/pin`, { reason: 'on the stand' })
  await device.report(deployments.running, 'success')
  await poll(device)
  server.advance(5 * SECOND_MS)
  late = Math.floor((Date.now() + 8 * SECOND_MS) / SECOND_MS)
  await signIn(server, world.tenant, [OBSERVER])
  await api.put(`${USERADM}/users/me`, { password: 'another battery', current_password: world.tenant.password })
}

const FOO = { scope: 'inventory', attribute: 'foo', type: '$eq', value: 'foo' }

type Asked = string | ((world: World) => string)
const times = {
  created_after: () => String(between),
  created_before: () => String(between),
}
const paging = { page: 'page=2&per_page=1', per_page: '1' }
const artifacts = { name: 'KÜCHE', description: 'größe', device_type: 'y' }
const releases = { ...artifacts, update_type: 'docker', tag: 'stable' }
const deployments = {
  ...{
    ...paging,
    ...times,
    status: 'finished',
    state: 'running',
    type: 'configuration',
    search: 'FINISH',
    sort: 'asc',
  },
  ...{ id: ({ deployments }: World) => deployments.running, name: 'running' },
  id_attribute: ({ device }: World) => `name=${(device.identity as { mac: string }).mac}&id_attribute=mac`,
  id_scope: 'name=kitchen&id_attribute=name&id_scope=tags',
}
const users = {
  ...{ ...times, updated_after: () => String(between), updated_before: () => String(between) },
  ...{ id: ({ user_id }: World) => user_id, email: ({ tenant }: World) => tenant.email.toUpperCase() },
}
const events = {
  ...{ ...times, created_after: () => String(late), action: 'upload', sort: 'asc', object_type: 'artifact' },
  actor_id: 'operator',
  actor_email: 'operator',
  object_id: ({ artifact_id }: World) => artifact_id,
}
const withoutPages = ({ page: _, per_page: __, ...others }: Record<string, Asked>) => others
const devauth = { status: 'pending', id: ({ device }: World) => device.id }

/** Values for each parameter of each list, so that only some rows remain, or others come first. */
const LISTS: Record<string, Record<string, Asked>> = {
  [`${M}/v1/deployments/artifacts`]: artifacts,
  [`${M}/v1/deployments/artifacts/list`]: { ...artifacts, ...paging, sort: 'modified:asc' },
  [`${M}/v2/deployments/artifacts`]: {
    ...{ ...paging, sort: 'modified:asc', name: 'kü*', description: 'GRÖ*', device_type: 'y' },
  },
  [`${DEPLOYMENTS}/releases`]: releases,
  [`${DEPLOYMENTS}/releases/list`]: { ...releases, ...paging, sort: 'name:desc' },
  [`${M}/v2/deployments/deployments/releases`]: {
    ...{ ...releases, ...paging, sort: 'name:desc', name: 'kÜ', search: 'ÜCH' },
  },
  [DEPLOYMENTS]: deployments,
  [`${M}/v2/deployments/deployments`]: deployments,
  [`${DEPLOYMENTS}/{id}/devices/list`]: { ...paging, status: 'failure', reason: 'no space left', sort: 'failed_first' },
  [`${DEPLOYMENTS}/devices/{device}`]: { ...paging, status: 'finished' },
  [`${M}/v2/deployments/deployments/devices/{device}/explain`]: { ...paging, concerning: 'true' },
  [`${M}/v2/deployments/deployments/{id}/pinned`]: paging,
  [`${M}/v2/inventory/devices/export`]: {
    ...{ filters: JSON.stringify([FOO]), text: 'kitchen', sort: 'inventory/foo:desc' },
    column: 'inventory/foo',
  },
  [`${M}/v2/deployments/deployments/export`]: withoutPages(deployments),
  [`${M}/v2/deployments/deployments/{id}/devices/export`]: { status: 'failure', reason: 'no space left' },
  [`${M}/v2/deployments/releases/all/export`]: { ...releases, sort: 'name:desc', name: 'kÜ', search: 'ÜCH' },
  [`${M}/v1/useradm/users`]: { ...users, ...paging },
  [`${M}/v1/useradm/users/export`]: users,
  [`${M}/v1/auditlogs/logs`]: { ...events, ...paging },
  [`${M}/v1/auditlogs/logs/export`]: events,
  [`${M}/v2/devauth/devices`]: { ...devauth, ...paging },
  [`${M}/v2/devauth/devices/count`]: devauth,
  [`${M}/v1/inventory/devices`]: { ...paging, sort: 'identity/status', has_group: 'true', group: 'fleet' },
  [`${M}/v1/inventory/groups`]: { status: 'pending' },
  [`${M}/v1/inventory/groups/{name}/devices`]: paging,
  [`${M}/v2/inventory/filters`]: paging,
  [`${M}/v1/iot-manager/events`]: paging,
  [`${M}/v2/iot-manager/integrations/{id}/deliveries`]: { ...paging, state: 'delivered' },
  [`${M}/v2/iot-manager/integrations/{id}/deliveries/export`]: { state: 'delivered' },
  [`${M}/v1alpha1/deployments/software`]: {
    ...{ ...paging, name: 'Küche', name_prefix: 'KÜ', kind: 'manifest', tag: 'stable', update_type: 'docker' },
    sort: 'name:desc',
  },
  [`${M}/v1alpha1/deployments/software/tags`]: { kind: 'manifest' },
  [`${M}/v2/tenantadm/tenants/me`]: { tiers: 'true' },
  [`${M}/v2/inventory/filters/{id}/search`]: paging,
}

/** Not lists: their parameters are part of the request, and tested elsewhere. */
const NO_LISTS = [
  `${M}/v1/useradm/auth/providers`,
  `${M}/v1alpha1/deployments/manifests`,
  `${M}/v2/inventory/fleet/timeline`,
  `${M}/v2/inventory/fleet/timeline/export`,
  '/api/devices/v1/deployments/artifacts/{tenant_id}/{id}/{file}',
  '/api/devices/v1/deployments/download/configuration/{deployment_id}/{device_type}/{device_id}',
  '/api/devices/v1/deployments/device/deployments/next',
  '/{tenant}/controller/v1/{controllerId}/deploymentBase/{id}',
  '/{tenant}/controller/v1/{controllerId}/installedBase/{id}',
]

test('every parameter of every list is covered here, and no removed one', () => {
  const documented = routes.filter(({ path }) => !NO_LISTS.includes(path))
  const sorted = (lists: Record<string, string[]>) =>
    Object.fromEntries(Object.entries(lists).map(([path, names]) => [path, [...names].sort()]))
  expect(sorted(Object.fromEntries(documented.map(({ path, query }) => [path, query])))).toEqual(
    sorted(Object.fromEntries(Object.entries(LISTS).map(([path, queries]) => [path, Object.keys(queries)]))),
  )
})

const rowsOf = (path: string, { text, body }: { text: string; body: unknown }): unknown[] =>
  path.endsWith('/export')
    ? text.trim().split('\n').slice(1)
    : Array.isArray(body)
      ? body
      : Object.values(body as object)

test('every parameter of every list is applied: rows are filtered, or others come first', async () => {
  const ignored: string[] = []
  for (const route of routes.filter(({ path }) => !NO_LISTS.includes(path))) {
    const path = pathIn(world, route)
    const all = rowsOf(route.path, await api.get(path))
    expect([route.path, all.length]).not.toEqual([route.path, 0])
    for (const [name, sample] of Object.entries(LISTS[route.path] ?? {})) {
      const value = typeof sample === 'string' ? sample : sample(world)
      const query = value.includes('=') ? value : `${name}=${encodeURIComponent(value)}`
      const response = await api.get(`${path}?${query}`)
      expect([route.path, query, response.status]).toEqual([route.path, query, 200])
      if (isDeepStrictEqual(rowsOf(route.path, response), all)) ignored.push(`${route.path}?${query}`)
    }
  }
  expect(ignored).toEqual([])
})

test('deployments are found by the identity of a device, if no deployment has the name', async () => {
  const { mac } = world.device.identity as { mac: string }
  const names = async (query: string) =>
    (await api.get(`${V2}?${query}`)).body.map(({ name }: { name: string }) => name).sort()
  const its = ['gated', 'grouped', 'phased', 'running']
  expect(await names(`name=${mac}`)).toEqual([])
  expect(await names(`name=${mac}&id_attribute=mac`)).toEqual(its)
  expect(await names(`name=${mac}&id_attribute=mac&id_scope=identity`)).toEqual(its)
  expect(await names(`name=${mac}&id_attribute=mac&status=finished`)).toEqual([])
  expect(await names('name=kitchen&id_attribute=name')).toEqual(its)
  expect(await names('name=kitchen&id_attribute=name&id_scope=identity')).toEqual([])
  expect(await names(`name=${world.device.id}&id_attribute=id`)).toEqual(its)
  expect(await names('name=finished&id_attribute=mac')).toEqual(['finished'])
})

test.each([
  [`${V2}?id_scope=tags`, 'id_scope needs id_attribute'],
  [`${V1}?id_attribute=mac`, 'id_attribute needs name, the value to search for'],
  [`${V2}?name=a&id_attribute=mac&id_scope=monitor`, 'id_scope: must be one of identity, inventory, tags'],
  [`${M}/v1/inventory/groups?status=away`, 'status must be one of'],
  [`${V2}?search=${'x'.repeat(4097)}`, 'a text to search for has at most 4096 characters'],
])('%s is rejected', async (path, sentence) => {
  expect(await api.get(path)).toMatchObject({ status: 400, body: { error: expect.stringContaining(sentence) } })
})

test('the requested attributes of devices must have an existing scope', async () => {
  const search = (attributes: object[]) => api.post(`${M}/v2/inventory/filters/search`, { attributes })
  expect(await search([{ scope: 'inventory', attribute: 'foo' }])).toMatchObject({ status: 200 })
  for (const [scope, attribute, problem] of [
    ['nowhere', 'foo', 'scope: must be one of system, identity, inventory, monitor, tags'],
    ['inventory', '', 'attribute: cannot be blank'],
  ])
    expect(await search([{ scope, attribute }])).toMatchObject({
      status: 400,
      body: { error: `validation failed for attributes: ${problem}.` },
    })
})
