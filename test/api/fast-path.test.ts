import { randomUUID } from 'node:crypto'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { readFamilies } from '../../src/metrics/metric.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { blockPolls } from '../support/block-polls.ts'
import { enrolDdi, gatewayOf } from '../support/ddi.ts'
import { deploy, V1 as MANAGEMENT } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { type RawRequest, sendBytes, sendRaw } from '../support/raw.ts'
import { hasSeveralServers, startServer, type TestTenant } from '../support/server.ts'

const V1 = '/api/devices/v1/deployments/device/deployments/next'
const V2 = '/api/devices/v2/deployments/device/deployments/next'
const QUERY = '?artifact_name=release-0&device_type=qemux86-64'
const PROVIDES = { artifact_name: 'release-0', device_type: 'qemux86-64' }
const WAYS: [string, RawRequest][] = [
  ['GET', { method: 'GET', path: `${V1}${QUERY}` }],
  ['POST', { method: 'POST', path: V1, body: JSON.stringify(PROVIDES) }],
  ['POST v2', { method: 'POST', path: V2, body: JSON.stringify({ device_provides: PROVIDES }) }],
]

const server = useServer()
let tenant: TestTenant
let device: SimulatedDevice

beforeEach(async () => {
  tenant = await server.tenant()
  const [enrolled] = await enrol(server, tenant, 1, { place: 'shelf' })
  device = enrolled as SimulatedDevice
})

const headers = () => ({ authorization: `Bearer ${device.token}`, 'content-type': 'application/json' })
const send = (request: RawRequest) => sendRaw(server.url, { ...request, headers: { ...headers(), ...request.headers } })
const shortCuts = () => readFamilies().find(({ name }) => name === 'muster_idle_polls_total')?.values[0]?.value ?? 0
/** Of any process that may respond. */
const becomeIdle = async (request: RawRequest) => {
  for (let i = 0; i < 10; i++) expect(await send(request)).toMatchObject({ status: 204 })
}

test.each(WAYS)('a %s that returned 204 returns the same on the fast path', async (_, way) => {
  const first = await send({ ...way, headers: { 'x-men-requestid': 'mine' } })
  await becomeIdle(way)
  const before = shortCuts()
  const last = await send({ ...way, headers: { 'x-men-requestid': 'mine' } })
  expect(shortCuts()).toBe(before + 1)
  const { date: then, ...others } = first.headers
  const { date: now, ...same } = last.headers
  expect({ ...last, headers: same }).toEqual({ ...first, headers: others })
  expect(Object.keys(last.headers)).toEqual(Object.keys(first.headers))
  expect((await send(way)).headers['x-men-requestid']).toMatch(/^[0-9a-f-]{36}$/)
})

test.each(WAYS)('a %s is offered a deployment created since', async (_, way) => {
  await becomeIdle(way)
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const id = await deploy(tenant.api, { devices: [device.id] })
  expect(await send(way)).toMatchObject({ status: 200, body: { id } })
})

/** As a request that was not sent before, so that the route responds. */
const marked = ({ path, body, ...way }: RawRequest): RawRequest => {
  const mark = randomUUID()
  return body === undefined
    ? { ...way, path: `${path}&mark=${mark}` }
    : { ...way, path, body: String(body).replace('"artifact_name"', `"mark":"${mark}","artifact_name"`) }
}
const evaluations = () => readFamilies().find(({ name }) => name === 'muster_known_polls_total')?.values[0]?.value ?? 0
/** Sends a request until it was evaluated without its route, whichever process responds. */
async function sendKnown(request: RawRequest) {
  for (let i = 0; i < 10; i++) {
    const before = evaluations()
    const response = await send(request)
    if (evaluations() > before) return response
  }
  throw new Error('Only the route has responded.')
}
const withoutTimes = (text: string) => text.replace(/expire=\d+&signature=[\w-]+|"expire":"[^"]+"/g, '')

test.each(WAYS)('a %s gets the same offer on the fast path as by the route', async (_, way) => {
  await uploadTestArtifact(tenant.api, { name: 'release-1 \u00fc' })
  const id = await deploy(tenant.api, { devices: [device.id], artifact_name: 'release-1 \u00fc' })
  const asking = { ...marked(way), headers: { 'x-men-requestid': 'mine' } }
  const first = await send(asking)
  expect(first).toMatchObject({ status: 200, body: { id } })
  const last = await sendKnown(asking)
  expect(withoutTimes(last.text)).toBe(withoutTimes(first.text))
  const { date: then, ...others } = first.headers
  const { date: now, ...same } = last.headers
  expect(same).toEqual(others)
  expect(Object.keys(last.headers)).toEqual(Object.keys(first.headers))
})

test('a device is assigned by the fast path as by the route', async () => {
  const [other, ended] = await enrol(server, tenant, 2)
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const id = await deploy(tenant.api, { devices: [device.id, other?.id, ended?.id] })
  const asking = marked(WAYS[0]![1])
  expect(await send(asking)).toMatchObject({ status: 200, body: { id } })
  device = other as SimulatedDevice
  expect(await sendKnown(asking)).toMatchObject({ status: 200, body: { id } })
  expect((await tenant.api.get(`${MANAGEMENT}/${id}/devices`)).body).toContainEqual(
    expect.objectContaining({ id: device.id, status: 'pending', device_type: 'qemux86-64' }),
  )
  await tenant.api.put(`${MANAGEMENT}/${id}/status`, { status: 'aborted' })
  device = ended as SimulatedDevice
  expect(await sendKnown(asking)).toMatchObject({ status: 204, text: '' })
})

test('a poll whose evaluation fails is refused as by the route', async () => {
  const asking = marked(WAYS[0]![1])
  expect((await send(asking)).status).toBe(204)
  await tenant.api.delete(`/api/management/v2/devauth/devices/${device.id}`)
  for (let i = 0; i < 10; i++)
    expect(await send(asking)).toMatchObject({
      status: 401,
      headers: { 'content-type': 'application/json; charset=utf-8', 'x-men-requestid': expect.any(String) },
      body: { error: 'unauthorized', request_id: expect.any(String) },
    })
})

test('a malformed poll is rejected, even if the device is idle', async () => {
  for (const [, way] of WAYS) await becomeIdle(way)
  const asking = { method: 'POST', path: V2 }
  for (const [request, status] of [
    [{ method: 'GET', path: V1 }, 400],
    [{ method: 'GET', path: `${V1}?artifact_name=release-0` }, 400],
    [{ method: 'GET', path: `${V2}${QUERY}` }, 405],
    [{ ...asking, body: '{}' }, 400],
    [{ ...asking, body: '{"device_provides"' }, 400],
    [{ ...asking, body: JSON.stringify(PROVIDES) }, 400],
    [{ ...asking, body: WAYS[2]?.[1].body, headers: { 'content-type': 'text/plain' } }, 415],
    [{ ...asking, body: WAYS[2]?.[1].body, headers: { authorization: 'Bearer a.b.c' } }, 401],
    [{ ...asking, body: '' }, 400],
  ] as [RawRequest, number][])
    expect([request, (await send(request)).status]).toEqual([request, status])
})

test('a body of any length, in any chunks, is read to its end', async () => {
  const long = { device_provides: { ...PROVIDES, more: 'x'.repeat(3000), even_more: 'x'.repeat(3000) } }
  for (const body of [JSON.stringify(long), JSON.stringify({ device_provides: PROVIDES })]) {
    await becomeIdle({ method: 'POST', path: V2, body })
    const head = [
      `POST ${V2} HTTP/1.1`,
      'Host: muster',
      `Authorization: Bearer ${device.token}`,
      ...['Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close', '', ''],
    ].join('\r\n')
    expect((await sendBytes(server.url, head + body)).head).toMatch(/^HTTP\/1.1 204 /)
    expect(await sendChunks([head, body.slice(0, 20), body.slice(20)])).toMatch(/^HTTP\/1.1 204 /)
    expect(await sendChunks([head + body.slice(0, 20), body.slice(20)])).toMatch(/^HTTP\/1.1 204 /)
  }
})

test('pipelined requests on one connection get their responses in order', async () => {
  for (const [, way] of WAYS) await becomeIdle(way)
  const ask = ({ method, path, body = '' }: RawRequest, connection: string) =>
    [
      ...[`${method} ${path} HTTP/1.1`, 'Host: muster', `Authorization: Bearer ${device.token}`],
      ...['Content-Type: application/json', `Content-Length: ${body.length}`, `Connection: ${connection}`, '', body],
    ].join('\r\n')
  const wrong = { method: 'GET', path: V1 }
  const [get, post, v2] = WAYS.map(([, way]) => way) as [RawRequest, RawRequest, RawRequest]
  const allRequests =
    [get, wrong, post, v2, wrong, get].map((one) => ask(one, 'keep-alive')).join('') + ask(v2, 'close')
  const responses = await sendChunks([allRequests])
  expect([...responses.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual([
    '204',
    '400',
    '204',
    '204',
    '400',
    '204',
    '204',
  ])
})

const runs = () => {
  const sizes = readFamilies().find(({ name }) => name === 'muster_batch_size')?.values ?? []
  const counted = sizes.find(({ labels, metricName }) => labels.batch === 'polls' && metricName?.endsWith('_count'))
  return counted?.value ?? 0
}

// Several servers share nothing with each other.
test.skipIf(hasSeveralServers)('polls that arrive together share reads of what has changed', async () => {
  const way = WAYS[0]![1]
  await becomeIdle(way)
  const before = runs()
  const responses = await Promise.all(Array.from({ length: 100 }, () => send(way)))
  expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 204))
  // Four connections have 25 responses after each other.
  expect(runs() - before).toBeLessThanOrEqual(50)
})

test('a poll that times out in the database is not tried again', async () => {
  await using slow = await startServer({ environment: { MUSTER_DATABASE_TIMEOUT_S: '3' } })
  const [enrolled] = await enrol(slow, await slow.tenant(), 1)
  const poll = () => sendRaw(slow.url, { ...WAYS[0]![1], headers: { authorization: `Bearer ${enrolled?.token}` } })
  for (let i = 0; i < 10; i++) expect(await poll()).toMatchObject({ status: 204 })
  const { unlock } = await blockPolls(slow)
  const before = runs()
  const response = await poll()
  expect(response).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } })
  expect(runs()).toBe(before + 1)
  await unlock()
})

test('a poll that waits while its server stops is offered its deployment', async () => {
  const ending = await startServer()
  const tenant = await ending.tenant()
  const [enrolled] = await enrol(ending, tenant, 1)
  const poll = () => sendRaw(ending.url, { ...WAYS[0]![1], headers: { authorization: `Bearer ${enrolled?.token}` } })
  for (let i = 0; i < 10; i++) expect(await poll()).toMatchObject({ status: 204 })
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const id = await deploy(tenant.api, { devices: [enrolled?.id] })
  const { unlock } = await blockPolls(ending)
  const response = poll()
  await sleep(200)
  const end = ending[Symbol.asyncDispose]()
  await sleep(200)
  await unlock()
  expect(await response).toMatchObject({ status: 200, body: { id } })
  await end
})

test('a connection of a device that speaks DDI ends with its next poll once the server stops', async () => {
  const ending = await startServer()
  const tenant = await ending.tenant()
  const one = await enrolDdi(ending, tenant, { authorization: await gatewayOf(tenant) })
  for (let i = 0; i < 3; i++) await one.poll()
  const { unlock } = await blockPolls(ending)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const poll = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { authorization: one.authorization }
      get(one.root, { agent, headers }, (response) => resolve(response.resume())).on('error', reject)
    })
  // The second one waits for the connection.
  const responses = [poll(), poll()]
  await sleep(200)
  const end = ending[Symbol.asyncDispose]()
  await sleep(200)
  await unlock()
  const [first, second] = await Promise.all(responses)
  expect([first?.statusCode, first?.headers.connection]).toEqual([200, 'keep-alive'])
  expect([second?.statusCode, second?.headers.connection]).toEqual([200, 'close'])
  await end
})

async function sendChunks(texts: string[]): Promise<string> {
  const { hostname, port } = new URL(server.url)
  const socket = connect({ port: Number(port), host: hostname, noDelay: true })
  for (const text of texts) {
    socket.write(text)
    await sleep(50)
  }
  let responses = ''
  for await (const chunk of socket) responses += chunk
  return responses
}
