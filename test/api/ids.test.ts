import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import { DEVAUTH } from '../support/auth.ts'
import { deploy, poll, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { bodyIn, hasOwnTime, isChange, isOwn, pathIn, type Route, readRoutes } from '../support/routes.ts'
import { makeWorld, USERADM, type World } from '../support/world.ts'

const UUIDS = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const inCapitals = (text: string) => text.replace(UUIDS, (id) => id.toUpperCase())

const server = useServer()
let routes: Route[]
beforeAll(async () => {
  routes = await readRoutes((await server.tenant()).api)
})

function call(world: World, route: Route, write: (text: string) => string = (text) => text) {
  const { api } = world.tenant
  const path = write(pathIn(world, route))
  if (route.method === 'GET') return api.get(path)
  const body = bodyIn(world, route)
  return api[route.method.toLowerCase() as 'post'](path, body && JSON.parse(write(JSON.stringify(body))))
}

const namesId = (world: World, route: Route) =>
  JSON.stringify([pathIn(world, route), bodyIn(world, route)]).search(UUIDS) >= 0

const changes = (route: Route) => isChange(route) || isOwn(route)

describe('an id in capital letters', () => {
  test('identifies the same object on every route that reads', async () => {
    const world = await makeWorld(server)
    const reading = routes.filter(
      (route) => route.caller === 'user' && !changes(route) && !route.path.endsWith('/events'),
    )
    const naming = reading.filter((route) => namesId(world, route))
    expect(naming.length).toBeGreaterThan(15)
    for (const route of naming) {
      const [usual, capital] = [await call(world, route), await call(world, route, inCapitals)]
      const text = hasOwnTime(route) ? '' : usual.text
      expect([route.name, capital.status, text && capital.text]).toEqual([route.name, usual.status, text])
    }
  })

  test('identifies the same object on every route that changes something', async () => {
    const [usual, capital] = [await makeWorld(server), await makeWorld(server)]
    const changing = routes.filter((route) => route.caller === 'user' && changes(route) && namesId(usual, route))
    const inOrder = [...changing].sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
    expect(inOrder.length).toBeGreaterThan(20)
    for (const route of inOrder) {
      const expected = await call(usual, route)
      const response = await call(capital, route, inCapitals)
      const counts = ({ body }: typeof response) => [body?.changed, body?.matched_count, body?.updated_count]
      expect([route.name, response.status, ...counts(response)]).toEqual([
        route.name,
        expected.status,
        ...counts(expected),
      ])
    }
    await expectCountersToEqualRows(server.env.db)
  })

  test('identifies the same object in queries', async () => {
    const { tenant, device, deployments, user_id } = await makeWorld(server)
    const search = (text: string) => tenant.api.post('/api/management/v2/inventory/filters/search', { text })
    expect((await search(device.id.toUpperCase())).body).toMatchObject([{ id: device.id }])
    for (const path of [
      `${DEVAUTH}/devices?id=${device.id}`,
      `${DEVAUTH}/devices?id=${device.id}&id=${randomUUID()}`,
      `${DEVAUTH}/devices/count?id=${device.id}`,
      `${V2}?id=${deployments.running}`,
      `${USERADM}/users?id=${user_id}`,
      `/api/management/v1/auditlogs/logs?actor_id=${user_id}`,
      `/api/management/v1/auditlogs/logs?object_id=${deployments.running}`,
    ]) {
      const { text, body } = await tenant.api.get(path)
      expect(text).toMatch(/[1-9a-f]/)
      expect([path, (await tenant.api.get(inCapitals(path))).body]).toEqual([path, body])
    }
  })
})

test('a deployment to ids in capital letters reaches those devices once each, and keeps free-text ids', async () => {
  const { api, ...tenant } = await server.tenant()
  await uploadTestArtifact(api, { name: 'release-1' })
  const [device] = await enrol(server, { api, ...tenant }, 1)
  const devices = [device!.id.toUpperCase(), device!.id, 'DUMMYUUID0']
  const id = await deploy(api, { devices })
  expect(await poll(device!)).toMatchObject({ status: 200, body: { id } })
  const { body } = await api.get(`${V1}/${id}/device_list`)
  expect([...body].sort()).toEqual(['DUMMYUUID0', device!.id].sort())
  const preview = await api.post(`${V2}/preview`, { name: 'n', artifact_name: 'release-1', devices: [devices[0]] })
  expect(preview).toMatchObject({ status: 200, body: { device_count: 1 } })
})
