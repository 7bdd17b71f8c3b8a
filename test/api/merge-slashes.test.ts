import { beforeAll, expect, test } from 'vitest'
import { readFamilies } from '../../src/metrics/metric.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { sendRaw } from '../support/raw.ts'
import { bodyIn, pathIn, readRoutes } from '../support/routes.ts'
import { makeWorld } from '../support/world.ts'

const V1 = '//api/devices/v1/deployments/device/deployments/next'
const V2 = '/api//devices/v2/deployments///device/deployments/next'
const PROVIDES = { artifact_name: 'release-0', device_type: 'qemux86-64' }

const server = useServer()
const tenant = useTenant(server)
let device: SimulatedDevice

beforeAll(async () => {
  const [enrolled] = await enrol(server, tenant, 1)
  device = enrolled as SimulatedDevice
})

const send = (method: string, path: string, body?: object, authorization = `Bearer ${device.token}`) =>
  sendRaw(server.url, {
    ...{ method, path, body: body && JSON.stringify(body) },
    headers: { authorization, 'content-type': 'application/json' },
  })
const counted = (name: string) => readFamilies().find((one) => one.name === name)?.values[0]?.value ?? 0

test('a device whose server URL ends in a slash gets the same responses on every route', async () => {
  const world = await makeWorld(server)
  for (const route of (await readRoutes(tenant.api)).filter(
    ({ caller, path }) => caller === 'device' || caller === 'ddi' || /auth_req/.test(path),
  )) {
    const ask = async (prefix: string) => {
      const body = bodyIn(world, route) as object | undefined
      const { status, headers } = await send(
        ...([route.method, prefix + pathIn(world, route), body] as const),
        route.caller === 'ddi' ? world.ddi.authorization : undefined,
      )
      return [route.name, status, headers['content-type']]
    }
    expect(await ask('/')).toEqual(await ask(''))
  }
})

test('idle polls with repeated slashes are answered on the fast path too', async () => {
  const ask = async (i: number) => {
    expect(await send('GET', `${V1}?artifact_name=release-0&device_type=qemux86-64&other=a//${i}`)).toMatchObject({
      status: 204,
    })
    expect(await send('POST', V2, { device_provides: PROVIDES })).toMatchObject({ status: 204 })
  }
  for (let i = 0; i < 10; i++) await ask(0)
  const before = counted('muster_idle_polls_total')
  await ask(0)
  expect(counted('muster_idle_polls_total')).toBe(before + 2)
  // Another query is another poll.
  await ask(1)
  expect(counted('muster_idle_polls_total')).toBe(before + 3)
})

test('a query keeps its slashes', async () => {
  const { body } = await tenant.api.get('//api/management/v1/deployments/deployments?search=a//b&page=1')
  expect(body).toEqual([])
  await uploadTestArtifact(tenant.api, { name: 'release//1' })
  const found = await tenant.api.get('//api/management/v1/deployments/deployments/releases?name=release//1')
  expect(found.body).toMatchObject([{ Name: 'release//1' }])
})

test('a signed link with two slashes downloads', async () => {
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  await deploy(tenant.api, { devices: [device.id] })
  const { status, body } = await send('GET', `${V1}?artifact_name=release-0&device_type=qemux86-64`)
  expect(status).toBe(200)
  const { pathname, search } = new URL(body.artifact.source.uri)
  expect((await fetch(`${server.url}/${pathname}${search}`)).status).toBe(200)
})

test('a request target in absolute form is equivalent to the one without its origin', async () => {
  expect((await send('GET', 'http://muster//health')).status).toBe(200)
  expect((await send('GET', 'http://muster')).status).toBe((await send('GET', '/')).status)
  expect((await send('GET', 'http://muster/nowhere')).status).toBe(404)
})
