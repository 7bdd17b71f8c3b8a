import { beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { type Api, type ApiResponse, openApi } from '../support/api.ts'
import { ARTIFACTS, buildArtifact, uploadFile, uploadTestArtifact } from '../support/artifact.ts'
import { authOf, DEVAUTH } from '../support/auth.ts'
import { deploy, inventoryTerm, poll, saveFilter, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { dump } from '../support/dump.ts'
import { useServer } from '../support/fixtures.ts'
import { bodyIn, isChange, isOwn, pathIn, type Route, readRoutes, statusOf } from '../support/routes.ts'
import type { TestTenant } from '../support/server.ts'
import { makeWorld, ROLES, signIn, type World } from '../support/world.ts'

const INVENTORY = '/api/management/v1/inventory'
const FILTERS = '/api/management/v2/inventory/filters'
const RELEASES = '/api/management/v2/deployments/deployments/releases'

const server = useServer()

type Sets = { name: string; scope?: { type: string; value: string[] } }[]
const inGroups = (groups: string[], ...names: string[]): Sets =>
  names.map((name) => ({ name, scope: { type: 'DeviceGroups', value: groups } }))
const ALL_ON_DEVICES = ['ReadDevices', 'ManageDevices', 'DeployToDevices', 'ConfigureDevices', 'ConnectToDevices']

let roles = 0
async function userWith(tenant: TestTenant, permission_sets_with_scope: Sets): Promise<Api> {
  const name = `role ${++roles}`
  expect(await tenant.api.post(ROLES, { name, permission_sets_with_scope })).toMatchObject({ status: 201 })
  return signIn(server, tenant, [name])
}

const forbidden = { status: 403, body: { error: 'Access denied: your role does not allow this.' } }
const idsOf = ({ body }: ApiResponse) => body.map(({ id }: { id: string }) => id).sort()

describe('a user limited to an empty group', () => {
  let world: World
  let user: Api
  let routes: Route[]
  beforeAll(async () => {
    world = await makeWorld(server)
    user = await userWith(world.tenant, inGroups(['elsewhere'], ...ALL_ON_DEVICES))
    routes = (await readRoutes(world.tenant.api)).filter(({ caller }) => caller === 'user')
  })

  const call = (route: Route) => {
    const path = pathIn(world, route)
    if (route.method === 'GET') return user.get(path)
    return user[route.method.toLowerCase() as 'post'](path, bodyIn(world, route))
  }

  /** Routes that change something and have no parameter, or do not return 404 for unknown objects. */
  const EXPECTED: Record<string, object> = {
    [`POST ${DEVAUTH}/devices`]: forbidden,
    [`POST ${DEVAUTH}/devices/bulk`]: { status: 200, body: { changed: 0, failed: [{ error: 'device not found' }] } },
    [`POST ${V2}/devices/pin`]: { status: 200, body: { changed: 0, failed: [{ error: 'device not found' }] } },
    [`POST ${V2}/devices/unpin`]: { status: 200, body: { changed: 0, failed: [{ error: 'device not found' }] } },
    [`POST ${V1}`]: { status: 400, body: { error: expect.stringContaining('there is no deployment with this ID') } },
    [`POST ${V1}/group/{name}`]: forbidden,
    [`POST ${V2}`]: forbidden,
    [`PUT ${INVENTORY}/devices/{id}/group`]: forbidden,
    [`PATCH ${INVENTORY}/groups/{name}/devices`]: forbidden,
    [`DELETE ${INVENTORY}/devices/{id}/group/{name}`]: forbidden,
    [`DELETE ${INVENTORY}/groups/{name}/devices`]: forbidden,
    [`DELETE ${INVENTORY}/groups/{name}`]: forbidden,
  }

  const noDevice = { status: 404, body: { error: expect.stringMatching(/not found/i) } }

  test('cannot change anything, on any route', async () => {
    const before = await dump(server.env.db, world.tenant.tenant_id)
    for (const route of routes.filter(isChange)) {
      const response = await call(route)
      if (response.status !== 403 || EXPECTED[route.name])
        expect({ route: route.name, ...response }).toMatchObject(EXPECTED[route.name] ?? noDevice)
    }
    expect(await dump(server.env.db, world.tenant.tenant_id)).toEqual(before)
  })

  test('cannot read any device or deployment, on any route', async () => {
    const secret = [...Object.values(world.device_ids), ...Object.values(world.deployments), world.other.id]
    for (const route of routes.filter((one) => !isChange(one) && !isOwn(one))) {
      const { status, text } = await call(route)
      expect([route.name, status]).toEqual([
        route.name,
        expect.toSatisfy((n) => [statusOf(route), 403, 404].includes(n)),
      ])
      expect([route.name, secret.filter((id) => text.includes(id))]).toEqual([route.name, []])
    }
  })
})

describe('a user limited to the group north', () => {
  let tenant: TestTenant
  let user: Api
  let north: SimulatedDevice[]
  let south: SimulatedDevice[]
  let nowhere: SimulatedDevice
  let filter_id: string
  const made: Record<string, string> = {}
  const group = async (name: string) =>
    (await tenant.api.post(`${V1}/group/${name}`, { name, artifact_name: 'release-1' })).headers
      .get('location')
      ?.split('/')
      .at(-1) as string

  beforeAll(async () => {
    tenant = await server.tenant()
    const devices = await enrol(server, tenant, 5, (i) => ({ foo: 'foo', ...(i > 1 ? { southern: 'yes' } : {}) }))
    north = devices.slice(0, 2)
    south = devices.slice(2, 4)
    nowhere = devices[4] as SimulatedDevice
    await tenant.api.patch(
      `${INVENTORY}/groups/north/devices`,
      north.map(({ id }) => id),
    )
    await tenant.api.patch(
      `${INVENTORY}/groups/south/devices`,
      south.map(({ id }) => id),
    )
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
    made.north = await group('north')
    made.one = await deploy(tenant.api, { devices: [north[1]!.id] })
    made.south = await group('south')
    made.southern = await deploy(tenant.api, { devices: [south[0]!.id] })
    made.all = await deploy(tenant.api, { all_devices: true })
    made.dynamic = await deploy(tenant.api, { filter_id })
    for (const device of devices) await poll(device)
    await north[0]!.sendLog(made.north, ['cold'])
    await south[0]!.sendLog(made.south, ['warm'])
    user = await userWith(tenant, [
      ...inGroups(['north'], 'ManageDevices', 'DeployToDevices'),
      { name: 'ReadReleases' },
    ])
  })

  const northern = () => north.map(({ id }) => id).sort()
  const mine = () => [made.north, made.one].sort()

  test('gets lists and counts of its devices only', async () => {
    const { api } = tenant
    for (const [path, body] of [
      [`${DEVAUTH}/devices?per_page=500`],
      [`${DEVAUTH}/devices?status=accepted`],
      [`${DEVAUTH}/devices/search`, { status: 'accepted' }],
      [`${INVENTORY}/devices?per_page=500`],
      [`${INVENTORY}/devices?foo=foo`],
      [`${FILTERS}/search`, {}],
      [`${FILTERS}/search`, { filters: [inventoryTerm('foo', 'foo')], text: 'foo' }],
      [`${FILTERS}/${filter_id}/search`],
    ] as const) {
      const response = body ? await user.post(path, body) : await user.get(path)
      expect([path, idsOf(response)]).toEqual([path, northern()])
      expect([null, '2']).toContain(response.headers.get('x-total-count'))
      expect(idsOf(body ? await api.post(path, body) : await api.get(path))).toHaveLength(5)
    }
    expect((await user.get(`${DEVAUTH}/devices/count`)).body).toEqual({ count: 2 })
    expect((await user.get(`${DEVAUTH}/devices?id=${south[0]!.id}`)).body).toEqual([])
    expect((await user.get(`${INVENTORY}/devices?group=south`)).body).toEqual([])
    expect((await user.post(`${FILTERS}/search`, { device_ids: [south[0]!.id] })).body).toEqual([])
  })

  test('gets lists of its groups and of the attributes of its devices only', async () => {
    expect((await user.get(`${INVENTORY}/groups`)).body).toEqual(['north'])
    expect((await user.get(`${INVENTORY}/groups/north/devices`)).body).toEqual(northern())
    expect(await user.get(`${INVENTORY}/groups/south/devices`)).toMatchObject({ status: 404 })
    const names = async (api: Api) =>
      (await api.get(`${FILTERS}/attributes`)).body.map(({ name }: { name: string }) => name)
    expect(await names(user)).toContain('foo')
    expect(await names(user)).not.toContain('southern')
    expect(await names(tenant.api)).toContain('southern')
  })

  test('gets the deployments to its group, and their statistics', async () => {
    for (const path of [V1, V2, `${V1}?status=inprogress`, `${V2}?id=${made.north}&id=${made.one}&id=${made.south}`]) {
      const response = await user.get(path)
      expect([path, response.headers.get('x-total-count')]).toEqual([path, String(response.body.length)])
      for (const id of idsOf(response)) expect(mine()).toContain(id)
    }
    expect(idsOf(await user.get(V1))).toEqual(mine())
    expect(idsOf(await tenant.api.get(V1))).toHaveLength(6)
    const statistics = await user.post(`${V1}/statistics/list`, { deployment_ids: Object.values(made) })
    expect(idsOf(statistics)).toEqual(mine())
    const foreign = await user.post(`${V1}/statistics/list`, { deployment_ids: [made.south, made.all] })
    expect(foreign).toMatchObject({ status: 404 })
  })

  test('gets the same response for another deployment as for an unknown one', async () => {
    for (const id of [made.south, made.southern, made.all, made.dynamic])
      for (const end of [
        '',
        '/statistics',
        '/devices',
        '/devices/list',
        '/device_list',
        `/devices/${south[0]!.id}/log`,
      ])
        expect([end, await user.get(`${V1}/${id}${end}`)]).toMatchObject([end, { status: 404 }])
    for (const end of ['', '/statistics', '/devices', '/devices/list', '/device_list', `/devices/${north[0]!.id}/log`])
      expect([end, await user.get(`${V1}/${made.north}${end}`)]).toMatchObject([end, { status: 200 }])
  })

  test('gets for its devices only the deployments to its group', async () => {
    const deploymentsOf = async ({ id }: SimulatedDevice) =>
      (await user.get(`${V1}/devices/${id}`)).body.map(({ deployment }: { deployment: object }) => deployment)
    expect(await deploymentsOf(north[0]!)).toMatchObject([{ id: made.north }])
    expect(await deploymentsOf(south[0]!)).toEqual([])
    expect(await deploymentsOf(nowhere)).toEqual([])
  })

  test('gets the same response for another device as for an unknown one', async () => {
    for (const { id } of [...south, nowhere])
      for (const path of [`${DEVAUTH}/devices/${id}`, `${INVENTORY}/devices/${id}`, `${INVENTORY}/devices/${id}/group`])
        expect([path, await user.get(path)]).toMatchObject([path, { status: 404 }])
    for (const path of [`${DEVAUTH}/devices`, `${INVENTORY}/devices`])
      expect(await user.get(`${path}/${north[0]!.id}`)).toMatchObject({ status: 200 })
  })

  test('can deploy to its group and to one device in it, and to nothing else', async () => {
    const body = { name: 'mine', artifact_name: 'release-1' }
    for (const [path, members] of [
      [V2, { filter_id }],
      [V2, { filter_id: 'no such filter' }],
      [V1, { all_devices: true }],
      [V1, { devices: northern() }],
      [V1, { devices: [south[0]!.id] }],
      [V1, { devices: [nowhere.id] }],
      [V1, { devices: ['no such device'] }],
      [V1, { devices: [north[0]!.id, south[0]!.id] }],
      [`${V1}/group/south`, {}],
      [`${V1}/group/no-such-group`, {}],
    ] as const) {
      const before = await dump(server.env.db, tenant.tenant_id)
      expect([members, await user.post(path, { ...body, ...members })]).toMatchObject([members, forbidden])
      expect(await dump(server.env.db, tenant.tenant_id)).toEqual(before)
    }
    const created = [
      await user.post(`${V1}/group/north`, body),
      await user.post(V1, { ...body, devices: [north[0]!.id] }),
    ]
    for (const { status, headers } of created) {
      expect(status).toBe(201)
      const path = `${V1}/${headers.get('location')?.split('/').at(-1)}`
      expect((await user.get(path)).body).toMatchObject({ groups: ['north'] })
      expect(await user.put(`${path}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
    }
  })

  test('cannot abort anything that it does not see', async () => {
    for (const id of [made.south, made.southern, made.all, made.dynamic]) {
      expect(await user.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 404 })
      expect(await user.patch(`${V1}/${id}`, { update_control_map: { priority: 3 } })).toMatchObject({ status: 404 })
    }
    for (const { id } of [...south, nowhere]) {
      expect(await user.delete(`${V1}/devices/${id}`)).toMatchObject({ status: 404 })
      expect(await user.delete(`${V1}/devices/${id}/history`)).toMatchObject({ status: 404 })
    }
    expect(await user.patch(`${V1}/${made.one}`, { update_control_map: { priority: 3 } })).toMatchObject({
      status: 204,
    })
    expect(await user.delete(`${V1}/devices/${north[0]!.id}/history`)).toMatchObject({ status: 204 })
  })

  test('can tag, group, reject and decommission its devices only', async () => {
    const auth = authOf(server, tenant)
    const setOf = async (id: string) =>
      (await tenant.api.get(`${DEVAUTH}/devices/${id}`)).body.auth_sets[0].id as string
    const [device] = await enrol(server, tenant, 1)
    const id = device!.id
    const acts = async (status: number) => {
      const set = await setOf(id)
      const tags = [{ name: 'a', value: 'b' }]
      for (const [act, response] of Object.entries({
        tag: await user.patch(`${INVENTORY}/devices/${id}/tags`, tags),
        retag: await user.put(`${INVENTORY}/devices/${id}/tags`, tags),
        group: await user.put(`${INVENTORY}/devices/${id}/group`, { group: 'north' }),
        forget: await user.delete(`${INVENTORY}/devices/${id}`),
        revoke: await user.delete(`${DEVAUTH}/tokens/${set}`),
        reject: await user.put(`${DEVAUTH}/devices/${id}/auth/${set}/status`, { status: 'rejected' }),
        delete: await user.delete(`${DEVAUTH}/devices/${id}/auth/${set}`),
        decommission: await user.delete(`${DEVAUTH}/devices/${id}`),
      }))
        expect([act, response.status]).toEqual([
          act,
          status === 404 ? 404 : expect.toSatisfy((n) => n === 200 || n === 204),
        ])
    }
    const before = await dump(server.env.db, tenant.tenant_id)
    await acts(404)
    expect(await dump(server.env.db, tenant.tenant_id)).toEqual(before)
    await tenant.api.put(`${INVENTORY}/devices/${id}/group`, { group: 'north' })
    await acts(204)
    expect((await auth.devices()).map((one) => one.id)).not.toContain(id)
  })

  test('cannot move devices into its group from another one, nor the reverse', async () => {
    const foreign = [...south, nowhere].map(({ id }) => id)
    const none = { status: 200, body: { matched_count: 0, updated_count: 0 } }
    expect(await user.patch(`${INVENTORY}/groups/north/devices`, foreign)).toMatchObject(none)
    expect(await user.delete(`${INVENTORY}/groups/south/devices`, foreign)).toMatchObject(forbidden)
    expect(await user.delete(`${INVENTORY}/groups/south`)).toMatchObject(forbidden)
    expect(await user.patch(`${INVENTORY}/groups/south/devices`, northern())).toMatchObject(forbidden)
    expect(await user.put(`${INVENTORY}/devices/${north[0]!.id}/group`, { group: 'new' })).toMatchObject(forbidden)
    expect((await tenant.api.get(`${INVENTORY}/groups/north/devices`)).body).toEqual(northern())
  })

  test('cannot remove a device from its group, which would hide it from users with limited roles', async () => {
    const [first] = northern()
    for (const taken of [
      await user.delete(`${INVENTORY}/devices/${first}/group/north`),
      await user.delete(`${INVENTORY}/groups/north/devices`, [first]),
      await user.delete(`${INVENTORY}/groups/north`),
    ])
      expect(taken).toMatchObject(forbidden)
    expect((await tenant.api.get(`${INVENTORY}/groups/north/devices`)).body).toEqual(northern())
  })

  test('cannot save or delete filters, which are shared by all users', async () => {
    expect(await user.post(FILTERS, { name: 'mine', terms: [inventoryTerm('a', 'b')] })).toMatchObject(forbidden)
    expect(await user.delete(`${FILTERS}/${filter_id}`)).toMatchObject(forbidden)
  })
})

describe('a user with several scopes', () => {
  test('sees the devices of all of them, and can do in each group what is permitted there', async () => {
    const tenant = await server.tenant()
    const [north, south] = await enrol(server, tenant, 2)
    await tenant.api.put(`${INVENTORY}/devices/${north!.id}/group`, { group: 'north' })
    await tenant.api.put(`${INVENTORY}/devices/${south!.id}/group`, { group: 'south' })
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const sets = [...inGroups(['north'], 'DeployToDevices'), ...inGroups(['south'], 'ManageDevices')]
    const user = await userWith(tenant, sets)
    expect((await user.get(`${INVENTORY}/groups`)).body).toEqual(['north', 'south'])
    const body = { name: 'mine', artifact_name: 'release-1' }
    expect(await user.post(`${V1}/group/north`, body)).toMatchObject({ status: 201 })
    expect(await user.post(`${V1}/group/south`, body)).toMatchObject(forbidden)
    const tags = [{ name: 'a', value: 'b' }]
    expect(await user.patch(`${INVENTORY}/devices/${south!.id}/tags`, tags)).toMatchObject({ status: 200 })
    expect(await user.patch(`${INVENTORY}/devices/${north!.id}/tags`, tags)).toMatchObject({ status: 404 })
  })

  test('that sees everything can deploy only where it is permitted', async () => {
    const tenant = await server.tenant()
    const [device] = await enrol(server, tenant, 1)
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const user = await userWith(tenant, [{ name: 'ReadDevices' }, ...inGroups(['north'], 'DeployToDevices')])
    expect(idsOf(await user.get(`${DEVAUTH}/devices`))).toEqual([device!.id])
    const body = { name: 'mine', artifact_name: 'release-1', devices: [device!.id] }
    expect(await user.post(V1, body)).toMatchObject(forbidden)
    const id = await deploy(tenant.api, body)
    expect(await user.get(`${V1}/${id}`)).toMatchObject({ status: 200 })
    expect(await user.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 404 })
  })
})

describe('a user limited to the releases of a tag', () => {
  let tenant: TestTenant
  let user: Api
  const ids: Record<string, string> = {}
  beforeAll(async () => {
    tenant = await server.tenant()
    for (const name of ['stable', 'nightly']) {
      ids[name] = await uploadTestArtifact(tenant.api, { name, description: name })
      await server.env.db.query(sql`
        update releases set tags = array[${name}::text, 'shown'] where tenant_id = ${tenant.tenant_id} and name = ${name}`)
    }
    ids.untagged = await uploadTestArtifact(tenant.api, { name: 'untagged' })
    const scope = { type: 'ReleaseTags', value: ['stable', 'lts'] }
    user = await userWith(tenant, [{ name: 'ManageReleases', scope }, { name: 'DeployToDevices' }])
  })

  test('gets lists of these and their artifacts', async () => {
    const V1_RELEASES = `${V1}/releases`
    const names = ({ body }: ApiResponse) => body.map(({ name, Name }: Record<string, string>) => name ?? Name)
    for (const path of [
      ...[RELEASES, V1_RELEASES, `${V1_RELEASES}/list`, ARTIFACTS, `${ARTIFACTS}/list`],
      ...['/api/management/v2/deployments/artifacts', `${RELEASES}?tag=shown`],
    ]) {
      const response = await user.get(path)
      expect([path, names(response)]).toEqual([path, ['stable']])
      expect([null, '1']).toContain(response.headers.get('x-total-count'))
    }
    expect((await user.get('/api/management/v2/deployments/releases/all/tags')).body).toEqual(['shown', 'stable'])
  })

  test('gets the same response for others as for unknown ones', async () => {
    for (const name of ['nightly', 'untagged']) {
      expect(await user.get(`${RELEASES}/${name}`)).toMatchObject({ status: 404 })
      for (const path of [`${ARTIFACTS}/${ids[name]}`, `${ARTIFACTS}/${ids[name]}/download`])
        expect(await user.get(path)).toMatchObject({ status: 404 })
      expect(await user.put(`${ARTIFACTS}/${ids[name]}`, { description: 'x' })).toMatchObject({ status: 404 })
      expect(await user.delete(`${ARTIFACTS}/${ids[name]}`)).toMatchObject({ status: 404 })
    }
    expect((await tenant.api.get(ARTIFACTS)).body).toHaveLength(3)
  })

  test('can deploy, change and delete these only', async () => {
    const body = { name: 'mine', devices: ['any'] }
    const foreign = await user.post(V1, { ...body, artifact_name: 'nightly' })
    const outOfReach = { status: 403, body: { error: expect.stringContaining('does not allow this release') } }
    expect(foreign).toMatchObject(outOfReach)
    expect(await user.post(V1, { ...body, artifact_name: 'no such release' })).toMatchObject(outOfReach)
    expect(await user.post(`${V1.replace('v1', 'v2')}/preview`, { ...body, artifact_name: 'nightly' })).toMatchObject(
      outOfReach,
    )
    expect(await user.put(`${ARTIFACTS}/${ids.stable}`, { description: 'x' })).toMatchObject({ status: 204 })
    const id = await deploy(user, { ...body, artifact_name: 'stable' })
    expect(await user.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
    expect(await user.delete(`${ARTIFACTS}/${ids.stable}`)).toMatchObject({ status: 204 })
  })
})

describe('the scope of a role', () => {
  const tagged = (name: string): Sets[number] => ({ name, scope: { type: 'ReleaseTags', value: ['foo'] } })

  async function makeReleases() {
    const tenant = await server.tenant()
    for (const name of ['mine', 'other']) await uploadTestArtifact(tenant.api, { name })
    const mark = (name: string, tags: string[]) => tenant.api.put(`${RELEASES}/${name}/tags`, tags)
    expect(await mark('mine', ['foo', 'bar'])).toMatchObject({ status: 204 })
    expect(await mark('other', ['production'])).toMatchObject({ status: 204 })
    return tenant
  }

  test('cannot be changed by tagging: that requires ManageReleases without a scope', async () => {
    const tenant = await makeReleases()
    const user = await userWith(tenant, [tagged('ManageReleases'), { name: 'UploadArtifacts' }])
    const before = await dump(server.env.db, tenant.tenant_id)
    for (const name of ['mine', 'other', 'no such release'])
      for (const tags of [['foo', 'production'], ['foo', 'bar'], ['bar'], []])
        expect(await user.put(`${RELEASES}/${name}/tags`, tags)).toMatchObject(forbidden)
    expect(await dump(server.env.db, tenant.tenant_id)).toEqual(before)
    expect(await user.patch(`${RELEASES}/mine`, { notes: 'tried' })).toMatchObject({ status: 204 })
    const both = await userWith(tenant, [tagged('ReadReleases'), { name: 'ManageReleases' }])
    expect(await both.put(`${RELEASES}/mine/tags`, ['foo', 'production'])).toMatchObject({ status: 204 })
  })

  test('cannot be changed by adding an artifact to a release outside of it', async () => {
    const tenant = await makeReleases()
    const user = await userWith(tenant, [tagged('ManageReleases'), { name: 'UploadArtifacts' }])
    const upload = async (name: string) => uploadFile(user, await buildArtifact({ name, device_types: ['another'] }))
    const generate = (name: string) => {
      const form = new FormData()
      const args = JSON.stringify({ dest_dir: '/etc', filename: 'motd' })
      const fields = { name, device_types_compatible: 'a-third', type: 'single_file', args }
      for (const [field, value] of Object.entries(fields)) form.set(field, value)
      form.set('file', new Blob(['hello']), 'motd')
      return user.post(`${ARTIFACTS}/generate`, form)
    }
    const before = await dump(server.env.db, tenant.tenant_id)
    expect(await upload('other')).toMatchObject(forbidden)
    expect(await generate('other')).toMatchObject(forbidden)
    expect(await dump(server.env.db, tenant.tenant_id)).toEqual(before)
    expect(await upload('mine')).toMatchObject({ status: 201 })
    expect(await generate('mine')).toMatchObject({ status: 201 })
    expect(await upload('of nobody yet')).toMatchObject({ status: 201 })
    expect(await user.get(`${RELEASES}/of%20nobody%20yet`)).toMatchObject({ status: 404 })
  })
})

describe('not hidden by a scope', () => {
  test('is the audit log, which users with ReadAuditLogs can read completely', async () => {
    const tenant = await server.tenant()
    const [device] = await enrol(server, tenant, 1)
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    await deploy(tenant.api, { name: 'elsewhere', devices: [device!.id] })
    const user = await userWith(tenant, [...inGroups(['north'], 'ReadDevices'), { name: 'ReadAuditLogs' }])
    expect((await user.get(V1)).body).toEqual([])
    const logs = '/api/management/v1/auditlogs/logs?object_type=deployment'
    expect((await user.get(logs)).body).toMatchObject([{ object: { deployment: { name: 'elsewhere' } } }])
    expect((await user.get(logs)).body).toEqual((await tenant.api.get(logs)).body)
  })

  test('is the name of a release deployed to devices in it, in contrast to the release itself', async () => {
    const tenant = await server.tenant()
    const [device] = await enrol(server, tenant, 1)
    await tenant.api.put(`${INVENTORY}/devices/${device!.id}/group`, { group: 'north' })
    const artifact_id = await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const id = await deploy(tenant.api, { name: 'ours', devices: [device!.id] })
    const scope = { type: 'ReleaseTags', value: ['stable'] }
    const user = await userWith(tenant, [...inGroups(['north'], 'ReadDevices'), { name: 'ReadReleases', scope }])
    expect((await user.get(`${V1}/${id}`)).body).toMatchObject({ artifact_name: 'release-1' })
    for (const path of [`${RELEASES}/release-1`, `${ARTIFACTS}/${artifact_id}`])
      expect(await user.get(path)).toMatchObject({ status: 404 })
  })
})

test('a scope does not apply to another tenant', async () => {
  const [one, other] = [await server.tenant(), await server.tenant()]
  const [device] = await enrol(server, other, 1)
  await other.api.put(`${INVENTORY}/devices/${device!.id}/group`, { group: 'north' })
  const user = await userWith(one, inGroups(['north'], 'ManageDevices'))
  expect((await openApi(server.url, user.token).get(`${INVENTORY}/devices`)).body).toEqual([])
  expect(await user.get(`${INVENTORY}/devices/${device!.id}`)).toMatchObject({ status: 404 })
})
