import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { HISTORY_COLUMNS } from '../../src/deployments/history-csv.ts'
import { type ApiResponse, openApi } from '../support/api.ts'
import { ARTIFACTS, buildArtifact, uploadFile, uploadTestArtifact } from '../support/artifact.ts'
import { authenticates, authOf, claimsOf, DEVAUTH, ed25519, newIdentity } from '../support/auth.ts'
import { enrolDdi } from '../support/ddi.ts'
import { deploy, poll, saveFilter, show, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { dump } from '../support/dump.ts'
import { useServer } from '../support/fixtures.ts'
import { sendRaw } from '../support/raw.ts'
import { bodyIn, hasOwnTime, pathIn, type Route, readRoutes } from '../support/routes.ts'
import { makeWorld, USERADM, type World } from '../support/world.ts'

const DDI = '/api/management/v2/ddi'
const INVENTORY = '/api/management/v1/inventory'
const SEARCH = '/api/management/v2/inventory/filters/search'

const server = useServer()
let routes: Route[]
let a: World
let b: World
let own: Awaited<ReturnType<typeof everythingOf>>

beforeAll(async () => {
  ;[a, b] = [await makeWorld(server), await makeWorld(server)]
  routes = await readRoutes(a.tenant.api)
})
beforeEach(async () => {
  own = await everythingOf(a)
})

/** All that a tenant can read, byte for byte, and all its rows in the database. */
async function everythingOf(world: World) {
  const read: Record<string, string> = {}
  const reading = routes.filter(({ method, caller }) => method === 'GET' && caller === 'user')
  for (const route of reading.filter(({ path }) => !path.endsWith('/pending'))) {
    const { status, text } = await world.tenant.api.get(pathIn(world, route))
    expect([route.name, status, text]).toEqual([route.name, 200, expect.stringMatching(/./)])
    if (!hasOwnTime(route)) read[route.name] = text
  }
  return { read, stored: await dump(server.env.db, world.tenant.tenant_id) }
}

const expectUntouched = async () => expect(await everythingOf(a)).toEqual(own)

const call = ({ method, ...route }: Route, of: World, as: World): Promise<ApiResponse> => {
  const path = pathIn(of, { method, ...route })
  const body = bodyIn(of, { method, ...route })
  const { api } = as.tenant
  if (method === 'GET') return api.get(path)
  return api[method.toLowerCase() as 'post'](path, body)
}

type Expected = { status: number; body?: unknown; text?: string }
const nothing: Expected = { status: 200, body: [] }
const noneMatched: Expected = { status: 200, body: { matched_count: 0, updated_count: 0 } }

/** The status of routes with a parameter for an id of another tenant, if it is not 404. */
const EXPECTED: Record<string, Expected> = {
  [`PUT ${V1}/{id}/status`]: { status: 422, body: { error: 'Deployment already finished' } },
  [`POST ${V1}/group/{name}`]: { status: 400, body: { error: 'No devices for the deployment' } },
  [`GET ${V1}/devices/{device}`]: nothing,
  [`GET ${V2}/devices/{device}/history/export`]: { status: 200, text: `${HISTORY_COLUMNS.join(',')}\r\n` },
  [`DELETE ${V1}/devices/{device}`]: { status: 204 },
  [`DELETE ${V1}/devices/{device}/history`]: { status: 204 },
  [`PATCH ${INVENTORY}/groups/{name}/devices`]: noneMatched,
  [`DELETE ${INVENTORY}/groups/{name}/devices`]: noneMatched,
  [`DELETE ${INVENTORY}/groups/{name}`]: noneMatched,
  [`DELETE ${USERADM}/users/{id}`]: { status: 204 },
  'GET /api/management/v2/inventory/fleet/software/{name}': { status: 200, body: { count: 0 } },
}

/** Parameters that do not identify an object of another tenant: a value for all, and the name of a new object. */
const OWN = ['GET /api/management/v1/deployments/limits/{name}', 'PUT /api/management/v2/deployments/recipes/{name}']

describe('an id of another tenant', () => {
  test('is unknown on every management route with a parameter, and its object stays unchanged', async () => {
    const third = await server.tenant()
    const as = { ...b, tenant: third }
    const withParameters = routes.filter(
      ({ caller, parameters, name }) => caller === 'user' && parameters.length > 0 && !OWN.includes(name),
    )
    expect(withParameters.length).toBeGreaterThan(35)
    const before = await dump(server.env.db, third.tenant_id)
    for (const route of withParameters) {
      const response = await call(route, a, as)
      const expected = EXPECTED[route.name] ?? { status: 404, body: { error: expect.stringMatching(/not found/i) } }
      expect({ route: route.name, ...response }).toMatchObject({ route: route.name, ...expected })
      expect(Object.values(a.device_ids).filter((id) => response.text.includes(id))).toEqual([])
    }
    expect(await dump(server.env.db, third.tenant_id)).toEqual(before)
    await expectUntouched()
  })

  test('is as unknown to a tenant with objects of its own', async () => {
    const before = await dump(server.env.db, b.tenant.tenant_id)
    const named = ['{name}', '{file}']
    const withParameters = routes.filter(
      ({ caller, parameters, path }) =>
        caller === 'user' && parameters.length > 0 && !named.some((parameter) => path.includes(parameter)),
    )
    for (const route of withParameters) {
      const expected = EXPECTED[route.name] ?? { status: 404 }
      expect({ route: route.name, ...(await call(route, a, b)) }).toMatchObject({ route: route.name, ...expected })
    }
    expect(await dump(server.env.db, b.tenant.tenant_id)).toEqual(before)
    await expectUntouched()
  })

  test('of a child object is not found below a parent of the tenant itself', async () => {
    const { api } = b.tenant
    for (const path of [
      `${V1}/${b.deployments.running}/devices/${a.device.id}/log`,
      `${V1}/${a.deployments.running}/devices/${b.device.id}/log`,
      `${DEVAUTH}/devices/${b.device.id}/auth/${a.auth_set_id}/status`,
      `${DEVAUTH}/devices/${a.device.id}/auth/${b.auth_set_id}/status`,
    ])
      expect({ path, ...(await api.get(path)) }).toMatchObject({ path, status: 404 })
    const set = `${DEVAUTH}/devices/${b.device.id}/auth/${a.auth_set_id}`
    expect(await api.put(`${set}/status`, { status: 'rejected' })).toMatchObject({ status: 404 })
    expect(await api.delete(set)).toMatchObject({ status: 404 })
    await expectUntouched()
  })
})

describe('an id of another tenant in a body or a query', () => {
  test('finds no filter for a deployment', async () => {
    const body = { name: 'mine', artifact_name: 'release-1', filter_id: a.filter_id }
    expect(await b.tenant.api.post(V2, body)).toMatchObject({ status: 400, body: { error: 'filter not found' } })
    await expectUntouched()
  })

  test('finds no artifact for a deployment', async () => {
    await uploadTestArtifact(a.tenant.api, { name: 'only-of-a' })
    own = await everythingOf(a)
    const body = { name: 'mine', artifact_name: 'only-of-a', devices: [b.device.id] }
    expect(await b.tenant.api.post(V1, body)).toMatchObject({ status: 422 })
    await expectUntouched()
  })

  test('may occur in the devices and the filter of a deployment, which never reaches them', async () => {
    const [one, another] = [await server.tenant(), await server.tenant()]
    await uploadTestArtifact(another.api, { name: 'release-1' })
    const [device] = await enrol(server, one, 1)
    if (!device) throw new Error('no device')
    const fixed = await deploy(another.api, { devices: [device.id] })
    const term = { scope: 'identity', attribute: 'id', type: '$eq', value: device.id }
    const dynamic = await deploy(another.api, { filter_id: await saveFilter(another.api, term) })
    expect(await poll(device)).toMatchObject({ status: 204 })
    expect(await show(another.api, fixed)).toMatchObject({ status: 'pending', device_count: 0 })
    expect(await show(another.api, dynamic)).toMatchObject({
      status: 'pending',
      device_count: 0,
      initial_device_count: 0,
    })
    await another.api.delete(`${V1}/devices/${device.id}`)
    expect((await one.api.get(`${V1}/devices/${device.id}`)).body).toEqual([])
  })

  test('finds nothing in a search', async () => {
    const { api } = b.tenant
    const ids = Object.values(a.device_ids)
    const query = ids.map((id) => `id=${id}`).join('&')
    const deployments = Object.values(a.deployments)
    const found: ApiResponse[] = [
      await api.get(`${V2}?${deployments.map((id) => `id=${id}`).join('&')}`),
      await api.get(`${V1}?search=${a.deployments.running}`),
      await api.get(`${DEVAUTH}/devices?${query}`),
      await api.post(`${DEVAUTH}/devices/search`, { id: ids }),
      await api.get(`${INVENTORY}/devices?identity/id=${a.device.id}`),
      await api.post(SEARCH, { device_ids: ids }),
      await api.post(SEARCH, { filters: [{ scope: 'identity', attribute: 'id', type: '$in', value: ids }] }),
      await api.post(SEARCH, { text: a.device.id }),
    ]
    expect(found.map(({ status, text }) => [status, text])).toEqual(found.map(() => [200, '[]']))
    expect((await api.get(`${DEVAUTH}/devices/count?${query}`)).body).toEqual({ count: 0 })
    const statistics = await api.post(`${V1}/statistics/list`, { deployment_ids: deployments })
    expect(statistics).toMatchObject({ status: 404 })
    const both = await api.post(`${V1}/statistics/list`, { deployment_ids: [...deployments, b.deployments.running] })
    expect(both.body).toMatchObject([{ id: b.deployments.running }])
    await expectUntouched()
  })

  test('cannot be added to a group, not even to one of the same name', async () => {
    const path = `${INVENTORY}/groups/${a.group}/devices`
    expect(await b.tenant.api.patch(path, Object.values(a.device_ids))).toMatchObject(noneMatched)
    expect(await b.tenant.api.delete(path, Object.values(a.device_ids))).toMatchObject(noneMatched)
    expect((await b.tenant.api.get(path)).body).toEqual([b.device.id])
    await expectUntouched()
  })

  test('may be used for an artifact: they are two separate files', async () => {
    const theirs = await download(a)
    const file = await buildArtifact({ name: 'same-id' })
    expect(await uploadFile(b.tenant.api, file, { artifact_id: a.artifact_id })).toMatchObject({ status: 201 })
    expect(await download(a)).toEqual(theirs)
    expect(await b.tenant.api.delete(`${ARTIFACTS}/${a.artifact_id}`)).toMatchObject({ status: 204 })
    expect(await download(a)).toEqual(theirs)
    await expectUntouched()
  })
})

const linkTo = async ({ tenant, artifact_id }: World) =>
  (await tenant.api.get(`${ARTIFACTS}/${artifact_id}/download`)).body.uri as string

async function download(world: World): Promise<Uint8Array> {
  const response = await fetch(await linkTo(world))
  expect(response.status).toBe(200)
  return new Uint8Array(await response.arrayBuffer())
}

describe('a device', () => {
  test('can neither report to nor read a deployment of another tenant', async () => {
    for (const id of Object.values(a.deployments)) {
      expect(await b.device.report(id, 'failure')).toMatchObject({ status: 404 })
      expect(await b.device.sendLog(id, ['hello'])).toMatchObject({ status: 404 })
      const api = openApi(server.url, b.device.token)
      const map = `/api/devices/v2/deployments/device/deployments/${id}/update_control_map`
      expect(await api.get(map)).toMatchObject({ status: 404 })
    }
    await expectUntouched()
  })

  test('that speaks DDI has nothing to do with the devices and actions of another tenant', async () => {
    const ofDdi = routes.filter(({ caller, method }) => caller === 'ddi' && method !== 'HEAD')
    expect(ofDdi).toHaveLength(9)
    const ask = (route: Route, world: World, authorization?: string) =>
      sendRaw(server.url, {
        ...{ method: route.method, path: pathIn(world, route) },
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
        ...(route.body ? { body: JSON.stringify(bodyIn(world, route)) } : {}),
      })
    const { body } = await b.tenant.api.post(`${DDI}/devices/${b.ddi.id}/target_token`)
    const idle = await enrolDdi(server, b.tenant, { authorization: b.ddi.authorization })
    const before = await dump(server.env.db, b.tenant.tenant_id)
    const tokens = [b.ddi.authorization, `TargetToken ${body.token}`, `Bearer ${a.device.token}`, undefined]
    for (const authorization of tokens) {
      // Wrong tokens are limited.
      server.advance(300_000)
      for (const route of ofDdi) {
        const response = await ask(route, a, authorization)
        expect({ route: route.name, ...response }).toMatchObject({ route: route.name, status: 401 })
      }
    }
    // Another device of B knows neither the actions of A nor those of B.
    for (const { installed, active, canceled } of [a.ddi, b.ddi]) {
      const ids = { controller_id: idle.controller_id, canceling_id: idle.controller_id }
      const foreign = { ...b, ddi: { ...b.ddi, ...ids, installed, active, canceled } }
      for (const route of ofDdi.filter(({ parameters }) => parameters.includes('id'))) {
        const response = await ask(route, foreign, b.ddi.authorization)
        expect({ route: route.name, ...response }).toMatchObject({
          ...{ route: route.name, status: 404, body: { code: 'action_not_found' } },
        })
      }
    }
    expect(await dump(server.env.db, b.tenant.tenant_id)).toEqual(before)
    await expectUntouched()
  })

  test('with the same identity and key is a different device in each tenant', async () => {
    const tenants = [await server.tenant(), await server.tenant()]
    const keys = ed25519()
    const identity = newIdentity()
    const tokens: string[] = []
    for (const tenant of tenants) {
      const auth = authOf(server, tenant)
      const { id, set_id } = await auth.waiting(keys, identity)
      expect((await auth.setStatus(id, set_id, 'accepted')).status).toBe(204)
      tokens.push((await auth.ask(keys, identity)).text)
    }
    const [first, second] = tokens.map((token) => claimsOf(token).sub)
    expect(first).not.toBe(second)
    expect(await authOf(server, tenants[0]!).decommission(second)).toMatchObject({ status: 404 })
    expect(await authOf(server, tenants[0]!).decommission(first)).toMatchObject({ status: 204 })
    expect([await authenticates(server, tokens[0]!), await authenticates(server, tokens[1]!)]).toEqual([false, true])
  })
})

describe('a download link', () => {
  test('is valid for nothing else: no other tenant, no other artifact, no later time', async () => {
    const link = await linkTo(b)
    const altered = [
      link.replace(b.tenant.tenant_id, a.tenant.tenant_id),
      link.replace(b.tenant.tenant_id, a.tenant.tenant_id).replace(b.artifact_id, a.artifact_id),
      link.replace(b.artifact_id, b.unused_artifact_id),
      link.replace(/expire=(\d+)/, (_, expire) => `expire=${Number(expire) + 1}`),
      link.replace(/signature=./, (start) => (start.endsWith('A') ? 'signature=B' : 'signature=A')),
      link.replace(/&signature=.*/, ''),
    ]
    for (const uri of altered) expect([uri, (await fetch(uri)).status]).toEqual([uri, 403])
    expect((await fetch(link)).status).toBe(200)
  })
})
