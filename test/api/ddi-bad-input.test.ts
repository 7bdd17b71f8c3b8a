import { beforeAll, describe, expect, test } from 'vitest'
import { V1 } from '../support/deploy.ts'
import { writesTo } from '../support/dump.ts'
import { useServer } from '../support/fixtures.ts'
import { type RawAnswer, sendRaw } from '../support/raw.ts'
import { bodyIn, fill, pathIn, type Route, readRoutes, valuesIn } from '../support/routes.ts'
import { makeWorld, type World } from '../support/world.ts'

const server = useServer()
let world: World
let routes: Route[]

beforeAll(async () => {
  world = await makeWorld(server)
  const all = await readRoutes(world.tenant.api)
  routes = all.filter(({ caller, method }) => caller === 'ddi' && method !== 'HEAD')
})

type Change = { values?: Record<string, string>; headers?: Record<string, string>; body?: string }

/** The request of a device with some parameters of the path, as they are written there, headers or body changed. */
function send(route: Route, { values = {}, headers = {}, body }: Change): Promise<RawAnswer> {
  const names = Object.keys(values)
  const kept = Object.fromEntries(names.map((name) => [name, `{${name}}`]))
  const path = fill(route.path, { ...valuesIn(world, route.path), ...kept })
  const own = route.body ? JSON.stringify(bodyIn(world, route)) : undefined
  return sendRaw(server.url, {
    method: route.method,
    path: names.reduce((text, name) => text.replace(`%7B${name}%7D`, values[name] ?? ''), path),
    headers: { authorization: world.ddi.authorization, 'content-type': 'application/json', ...headers },
    body: body ?? own,
  })
}

/** With the beginnings of the texts, for the titles of tests. */
const titled = (texts: string[]) => texts.map((text) => [JSON.stringify(text.slice(0, 20)), text] as const)

const routeOf = (name: string) => routes.find((route) => route.name === name)!
const CONTROLLER = '/{tenant}/controller/v1/{controllerId}'
const stored = () => writesTo(server.env.db)

test('an action number that no action can have is 404 on every route, and changes nothing', async () => {
  const before = await stored()
  const odd = ['0', '-1', '1', '1e9', '1.0', '%201', '01', '0x1', '2147483647', '2147483648', '99999999999']
  const odder = ['9'.repeat(400), 'NaN', 'null', '%F0%9F%92%A5', '%27', '__proto__', '\u0661'.normalize()]
  for (const route of routes.filter(({ parameters }) => parameters.includes('id')))
    for (const id of [...odd, ...odder.map((text) => encodeURI(decodeURI(text)))]) {
      const { status, body } = await send(route, { values: { id } })
      expect([route.name, id, status, body.code]).toEqual([route.name, id, 404, 'action_not_found'])
    }
  expect(await stored()).toEqual(before)
})

test('an empty action number, or one that cannot be decoded, is refused', async () => {
  const before = await stored()
  for (const route of routes.filter(({ parameters }) => parameters.includes('id')))
    for (const [id, expected] of [
      // An empty part of a path is left out.
      ['', [404, 405]],
      ['%', [400]],
      ['%zz', [400]],
      ['%FF', [400]],
      ['%00', [400]],
      ['..', [404, 405]],
      ['%2F', [404]],
    ] as const) {
      const { status, body } = await send(route, { values: { id } })
      expect([route.name, id, expected.includes(status as never)]).toEqual([route.name, id, true])
      expect(body).toMatchObject({ error: expect.stringMatching(/\w \w/), code: expect.any(String) })
    }
  expect(await stored()).toEqual(before)
})

describe('a controller ID', () => {
  test.each(
    titled([
      ...[
        'a%20b',
        'a:b',
        'a.b',
        '.',
        '-',
        '_',
        '~',
        '%C3%A4',
        '%F0%9F%92%A5',
        'a%25b',
        'a%2525',
        '%22',
        '%5C',
        "'",
        '(',
        '+',
      ],
      ...[
        '%7B%22a%22:1%7D',
        '__proto__',
        'constructor',
        'null',
        '0',
        'controller',
        'a;b',
        'a&b=c',
        '%23',
        '%3F',
        '=',
        ',',
      ],
      ...['x'.repeat(256), '%F0%9F%92%A5'.repeat(256)],
    ]),
  )('may be %s: the links of the device repeat it, and lead to it', async (_, controllerId) => {
    const poll = routeOf(`GET ${CONTROLLER}`)
    const { status, body } = await send(poll, { values: { controllerId } })
    expect(status).toBe(200)
    const { href } = body._links.configData
    expect(href).toBe(`${server.url}/${world.tenant.tenant_id}/controller/v1/${controllerId}/configData`)
    const sent = await sendRaw(server.url, {
      ...{ method: 'PUT', path: href.slice(server.url.length), body: '{"data":{"device_type":"board"}}' },
      headers: { authorization: world.ddi.authorization },
    })
    expect(sent).toMatchObject({ status: 200, text: '' })
    const found = await world.tenant.api.post('/api/management/v2/inventory/filters/search', {
      filters: [{ scope: 'identity', attribute: 'hawkbit_id', type: '$eq', value: decodeURIComponent(controllerId) }],
    })
    expect(found.body).toHaveLength(1)
  })

  test.each(
    titled([
      ...['%00', 'a%00b', '%0A', '%0d%0aX-A:%20b', '%7F', '%C2%85', 'a%2Fb', '%2F', '%2e%2e%2f', 'x'.repeat(257)],
      ...['%', '%zz', '%C0%AF', '%ED%A0%80', '%FF', 'x'.repeat(4000), 'x'.repeat(10_000)],
    ]),
  )('cannot be %s: that is refused on every route, and creates no device', async (_, controllerId) => {
    const before = await stored()
    for (const route of routes) {
      const { status, body } = await send(route, { values: { controllerId } })
      expect([route.name, [400, 401, 414].includes(status)]).toEqual([route.name, true])
      expect(body).toMatchObject({ error: expect.stringMatching(/\w \w/), code: expect.any(String) })
    }
    expect(await stored()).toEqual(before)
  })

  test('in another case or encoding: the first is another device, the second is not', async () => {
    const poll = routeOf(`GET ${CONTROLLER}`)
    for (const controllerId of ['Case', 'case', '%43ase', '%63ase'])
      expect((await send(poll, { values: { controllerId } })).status).toBe(200)
    const { body } = await world.tenant.api.post('/api/management/v2/inventory/filters/search', {
      filters: [{ scope: 'identity', attribute: 'hawkbit_id', type: '$in', value: ['Case', 'case'] }],
    })
    expect(body).toHaveLength(2)
  })
})

test.each(
  titled([
    ...['', ' ', 'GatewayToken', 'GatewayToken ', 'TargetToken', 'GatewayToken a b', 'gateway', 'Basic YTpi', 'Bearer'],
    ...[
      '\u00ff',
      'GatewayToken \u00ff',
      `GatewayToken ${'x'.repeat(5000)}`,
      'TargetToken null',
      'TargetToken undefined',
    ],
  ]),
)('the authorization %s is 401 on every route, and changes nothing', async (_, authorization) => {
  const before = await stored()
  // Wrong tokens are limited.
  server.advance(600_000)
  for (const route of routes) {
    const { status, body } = await send(route, { headers: { authorization } })
    expect([route.name, status, body.code]).toEqual([route.name, 401, 'unauthorized'])
  }
  expect(await stored()).toEqual(before)
})

test.each(titled(['0', '-1', '1', '1e9', 'x', '', '%00', 'NaN', '-Infinity', '9'.repeat(400)]))(
  'the history of %s messages is sent, or refused with 400',
  async (_, actionHistory) => {
    const path = pathIn(world, routeOf(`GET ${CONTROLLER}/deploymentBase/{id}`))
    const { status } = await sendRaw(server.url, {
      ...{ method: 'GET', path: `${path}?actionHistory=${actionHistory}&c=${actionHistory}` },
      headers: { authorization: world.ddi.authorization },
    })
    expect(status).toBe(actionHistory === '%00' ? 400 : 200)
  },
)

describe('a text that is longer than what is kept', () => {
  const long = (most: number) => `${'x'.repeat(most - 1)}\u{1f4a5}${'y'.repeat(100)}`

  test.each([200, 4096])('is cut without half a character: a message of more than %i characters', async (most) => {
    const route = routeOf(`POST ${CONTROLLER}/deploymentBase/{id}/feedback`)
    const body = JSON.stringify({ status: { execution: 'proceeding', details: [long(most)] } })
    expect(await send(route, { body })).toMatchObject({ status: 200, text: '' })
    const { body: deployments } = await world.tenant.api.get(`${V1}/devices/${world.ddi.id}`)
    const { deployment, log } = deployments.find(
      (one: { device: { status: string } }) => one.device.status !== 'success',
    )
    expect(log ?? deployment).toBeDefined()
    const { text } = await world.tenant.api.get(`${V1}/${deployment.id ?? ''}/devices/${world.ddi.id}/log`)
    expect(text).toContain(most === 200 ? long(most) : `${'x'.repeat(4095)}\ufffd\n`)
  })

  test('is cut without half a character: an attribute', async () => {
    const route = routeOf(`PUT ${CONTROLLER}/configData`)
    const data = { long: long(16_384), nested: { of: [long(16_384)] }, ['n'.repeat(1025)]: 'left out' }
    expect(await send(route, { body: JSON.stringify({ data }) })).toMatchObject({ status: 200, text: '' })
    const { body } = await world.tenant.api.get(`/api/management/v1/inventory/devices/${world.ddi.id}`)
    const { value } = body.attributes.find(({ name }: { name: string }) => name === 'long')
    expect(value).toBe(`${'x'.repeat(16_383)}\ufffd`)
  })

  test('is no reason to refuse feedback: a hundred thousand messages', async () => {
    const route = routeOf(`POST ${CONTROLLER}/deploymentBase/{id}/feedback`)
    const body = JSON.stringify({ status: { execution: 'proceeding', details: Array(100_000).fill('m') } })
    expect(await send(route, { body })).toMatchObject({ status: 200, text: '' })
  })
})

test.each([
  ...[
    undefined,
    '',
    '{}',
    '[]',
    'null',
    '"a"',
    '1',
    '{"status":null}',
    '{"status":{}}',
    '{"status":{"execution":"x"}}',
  ],
  ...['{"status":{"execution":"closed","result":"success"}}', '{"status":{"execution":["closed"]}}'],
  ...['{"status":{"execution":"closed","result":{"finished":"maybe"}}}', '{"status":{"execution":null}}'],
])('feedback of %j is 400, and changes nothing', async (body) => {
  const before = await stored()
  for (const route of routes.filter(({ method }) => method === 'POST')) {
    const { status } = await send(route, { body: body ?? '' })
    expect([route.name, status]).toEqual([route.name, 400])
  }
  expect(await stored()).toEqual(before)
})

test.each(
  titled([
    ...['', '{}', '[]', 'null', '{"data":null}', '{"data":{}}', '{"data":[]}', '{"data":"a"}', '{"data":{"a":null}}'],
    ...['{"data":{"a":"b"},"mode":"add"}', '{"data":{"a":"b"},"mode":1}', '{"data":{"":"b"}}', '{"data":{"a":1e999}}'],
  ]),
)('config data of %s is 400, and changes nothing', async (_, body) => {
  const before = await stored()
  expect((await send(routeOf(`PUT ${CONTROLLER}/configData`), { body })).status).toBe(400)
  expect(await stored()).toEqual(before)
})

test.each(['__proto__', 'constructor', 'a/b', 'a.b', '$x', ' ', '\u{1f4a5}', 'device_type', '%00', "'"])(
  'an attribute may be called %j',
  async (name) => {
    const body = `{"data":{${JSON.stringify(name)}:"value"}}`
    expect(await send(routeOf(`PUT ${CONTROLLER}/configData`), { body })).toMatchObject({ status: 200, text: '' })
  },
)
