import { METHODS } from 'node:http'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { readFamilies } from '../../src/metrics/metric.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { speak } from '../support/raw.ts'

const V1 = '/api/devices/v1/deployments/device/deployments/next'
const V2 = '/api/devices/v2/deployments/device/deployments/next'

const server = useServer()
let device: SimulatedDevice

beforeAll(async () => {
  const [enrolled] = await enrol(server, await server.tenant(), 1)
  device = enrolled as SimulatedDevice
})

/** How a request differs from a poll as clients send it. */
type Request = {
  way: 'GET' | 'POST' | 'POST v2'
  method: string | undefined
  target: (path: string) => string
  version: string
  body: 'whole' | 'chunked' | 'none'
  headers: string[]
}

/** A `mark` that was not sent before makes it a question that only the route can answer. */
function write({ way, method, target, version, body, headers }: Request, mark: string): string {
  const provides = { artifact_name: 'release-0', device_type: 'qemux86-64', mark }
  const path = way === 'GET' ? `${V1}?artifact_name=release-0&device_type=qemux86-64&mark=${mark}` : WAYS[way]
  const content = way === 'GET' ? '' : JSON.stringify(way === 'POST' ? provides : { device_provides: provides })
  const framing = {
    whole: [`Content-Length: ${content.length}`, '', content],
    chunked: ['Transfer-Encoding: chunked', '', `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`],
    none: ['', ''],
  }[content === '' && body === 'chunked' ? 'none' : body]
  const has = (name: string) => headers.some((header) => header.toLowerCase().startsWith(`${name}:`))
  return [
    `${method ?? way.split(' ')[0]} ${target(path)} HTTP/${version}`,
    ...['X-MEN-RequestID: mine', 'Connection: close', ...headers],
    ...(has('host') ? [] : ['Host: muster']),
    ...(has('authorization') ? [] : [`Authorization: Bearer ${device.token}`]),
    ...(has('content-type') ? [] : ['Content-Type: application/json']),
    ...framing,
  ].join('\r\n')
}

const WAYS = { POST: V1, 'POST v2': V2 }
const HOT = 'h0000'
let sent = 0
const cold = () => `c${String(++sent).padStart(4, '0')}`

async function ask(request: Request, mark: string) {
  const { head, text } = await speak(server.url, write(request, mark))
  // What no HTTP parser understands is answered under an id of the server's own.
  return `${head}\r\n${text}`
    .replace(/\r\nDate: [^\r]*/gi, '')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
}

const usual: Request = {
  ...{ way: 'GET', method: undefined, target: (path) => path, version: '1.1', body: 'whole', headers: [] },
}
const shortCuts = () => readFamilies().find(({ name }) => name === 'muster_idle_polls_total')?.values[0]?.value ?? 0

const ODD_HEADERS = [
  ...['Content-Encoding: gzip', 'Content-Encoding: identity', 'Content-Encoding:', 'Content-Encoding: gzip, br'],
  ...['Expect: 100-continue', 'Expect: something', 'Transfer-Encoding: gzip', 'TE: trailers'],
  ...['Host:', 'Host: a b', 'Host: one\r\nHost: two', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP'],
  ...['Content-Type: text/plain', 'Content-Type: application/json; charset=utf-8', 'Content-Type:', 'Content-Type: x'],
  ...['Authorization: Bearer a.b.c', 'Authorization:', 'Authorization: Basic YTpi'],
  ...['Accept-Version: 2.0.0', 'Accept: text/html', 'Accept-Encoding: gzip', 'If-None-Match: *', 'Range: bytes=0-1'],
  ...['Content-Length: 0', 'Content-Length: 3', 'X-HTTP-Method-Override: DELETE', 'Cookie: JWT=x', 'Trailer: X'],
]
const TARGETS: Request['target'][] = [
  (path) => path,
  (path) => `/${path}`,
  (path) => path.replace('/deployments', '//deployments'),
  (path) => `http://muster${path}`,
  (path) => path.replace('/next', '/next/'),
  (path) => path.replace('next', 'n%65xt'),
  (path) => `${path}#here`,
  (path) => `${path}${path.includes('?') ? '&' : '?'}a=//b`,
  (path) => path.replace('/api/', '/API/'),
]
const methods = [...METHODS.filter((method) => method !== 'CONNECT'), 'BREW', 'get', 'post']

/** Nobody answers a request whose announced body does not come, until it is too late. */
const isComplete = ({ body, headers }: Request) =>
  body === 'whole' || !headers.some((header) => /^(Content-Length|Transfer-Encoding): /.test(header))

const anyRequest: fc.Arbitrary<Request> = fc.record({
  way: fc.constantFrom('GET', 'POST', 'POST v2'),
  method: fc.option(fc.constantFrom(...methods), { nil: undefined, freq: 1 }),
  target: fc.oneof({ weight: 2, arbitrary: fc.constant(usual.target) }, fc.constantFrom(...TARGETS)),
  version: fc.oneof({ weight: 4, arbitrary: fc.constant('1.1') }, fc.constantFrom('1.0', '1.2', '2.0')),
  body: fc.oneof({ weight: 3, arbitrary: fc.constant('whole' as const) }, fc.constantFrom('chunked', 'none')),
  headers: fc.uniqueArray(fc.constantFrom(...ODD_HEADERS), { maxLength: 2 }),
})
const requests = anyRequest.filter(isComplete)

const each = async (all: Iterable<Request>) => {
  for (const request of all) expect([request, await ask(request, HOT)]).toEqual([request, await ask(request, cold())])
}
const WAYS_OF_ASKING = ['GET', 'POST', 'POST v2'] as const
const warmUp = async () => {
  for (let i = 0; i < 10; i++)
    for (const way of WAYS_OF_ASKING) expect(await ask({ ...usual, way }, HOT)).toMatch(/^HTTP\/1.1 204 /)
}

test('every method is answered at an idle poll as the route would', async () => {
  await warmUp()
  const before = shortCuts()
  await each(WAYS_OF_ASKING.flatMap((way) => methods.map((method) => ({ ...usual, way, method }))))
  expect(shortCuts()).toBeGreaterThan(before)
})

test('every odd header, version, target and framing is answered at an idle poll as the route would', async () => {
  await warmUp()
  await each(
    WAYS_OF_ASKING.flatMap((way) => [
      ...ODD_HEADERS.map((header) => ({ ...usual, way, headers: [header] })),
      ...TARGETS.map((target) => ({ ...usual, way, target })),
      ...['1.0', '1.2', '2.0'].map((version) => ({ ...usual, way, version })),
      ...(['chunked', 'none'] as const).map((body) => ({ ...usual, way, body })),
    ]),
  )
})

test('any combination of them is answered at an idle poll as the route would', async () => {
  await warmUp()
  await fc.assert(
    fc.asyncProperty(requests, (request) => each([request])),
    { numRuns: 150 },
  )
}, 120_000)
