import diagnostics from 'node:diagnostics_channel'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { FULL_ROLE } from '../../src/auth/role.ts'
import { sql } from '../../src/db/sql.ts'
import { ERROR_CODES } from '../../src/error-codes.ts'
import { ed25519, signed } from '../support/auth.ts'
import { saveDdiSettings } from '../support/ddi.ts'
import { writeAllAborts } from '../support/deploy.ts'
import { writesTo } from '../support/dump.ts'
import { useServer } from '../support/fixtures.ts'
import { ODD_ESCAPES, ODD_VALUES, variants, write } from '../support/odd.ts'
import { type RawAnswer, type RawRequest, sendBytes, sendRaw } from '../support/raw.ts'
import { bodyIn, fill, pathIn, type Route, readRoutes, type Schema, valuesIn } from '../support/routes.ts'
import { SAMPLED, sample } from '../support/sample.ts'
import { makeWorld, type World } from '../support/world.ts'

const server = useServer()
let world: World
let routes: Route[]

beforeAll(async () => {
  world = await makeWorld(server)
  routes = (await readRoutes(world.tenant.api)).filter(({ method }) => method !== 'HEAD')
})

const keys = ed25519()

/** Sent by a caller that may use the route, so that a rejection is due to the content. */
function headersFor({ caller, name }: Route, body?: string): Record<string, string> {
  const token = caller === 'user' ? world.tenant.api.token : world.device.token
  const authorization = caller === 'ddi' ? world.ddi.authorization : `Bearer ${token}`
  return {
    ...(caller === 'anybody' ? {} : { authorization }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(name.endsWith('/auth_requests') ? { 'x-men-signature': signed(keys, body ?? '') } : {}),
  }
}

const request = (route: Route, body?: string, path = pathIn(world, route)): RawRequest => ({
  ...{ method: route.method, path, headers: headersFor(route, body), body },
})

const stored = () => writesTo(server.env.db)

/** Asserts that the response is no 5xx, and that an error is JSON with a message and the id of the request. */
function expectSense(response: RawAnswer, about: unknown) {
  const { status, headers, body } = response
  expect({ about, status, text: response.text.slice(0, 300) }).toMatchObject({ status: expect.toSatisfy(isExpected) })
  if (status < 400) return
  expect({ about, headers, body }).toMatchObject({
    headers: { 'content-type': expect.stringMatching(/^application\/json/) },
    body: {
      ...{ error: expect.stringMatching(/\w.*\w/), code: expect.toSatisfy(isKnown) },
      request_id: headers['x-men-requestid'],
    },
  })
}

const isKnown = (code: string) => Object.hasOwn(ERROR_CODES, code)

const isExpected = (status: number) => status >= 200 && status < 500

/** Sends requests that may be rejected; these must not change anything. Returns the number of rejections. */
async function sendAll(requests: Iterable<RawRequest>): Promise<number> {
  let refused = 0
  let before = await stored()
  for (const one of requests) {
    const response = await sendRaw(server.url, one)
    const about = `${one.method} ${one.path.slice(0, 300)} ${String(one.body).slice(0, 300)}`
    expectSense(response, about)
    if (mayAbort(one)) await writeAllAborts(server.env)
    if (mayDemote(one)) await promoteCaller()
    const after = isRead(one) ? before : await stored()
    if (response.status >= 400 && !mayChange(one, response)) expect({ about, after }).toEqual({ about, after: before })
    if (response.status >= 400) refused++
    before = after
  }
  return refused
}

const isRead = ({ method, path }: RawRequest) => method === 'GET' && !path.includes('/next') && !isOfDdi(path)

const isOfDdi = (path: string) => path.includes('/controller/v1/')

const mayAbort = ({ method, path }: RawRequest) =>
  (method === 'PUT' && path.includes('/status')) || path.includes('/rollback')

const mayDemote = ({ method, path }: RawRequest) => method === 'PUT' && path.includes('/useradm/users/')

/** Odd names of roles exist once they were accepted. A caller who has only such a role would be rejected from then on. */
const promoteCaller = () =>
  server.env.db.query(
    sql`update users set roles = ${[FULL_ROLE]} where id = ${world.user_id} and roles <> ${[FULL_ROLE]}`,
  )

/** The request of a device that is not accepted is stored, and so is a device that speaks DDI at its first one. */
const mayChange = ({ path }: RawRequest, { status }: RawAnswer) =>
  (path.endsWith('/auth_requests') && status === 401) || (isOfDdi(path) && !isKnownDevice(path))

const isKnownDevice = (path: string) =>
  [world.ddi.controller_id, world.ddi.canceling_id].some((id) => path.includes(`/controller/v1/${id}/`))

const LISTING = [
  'POST /api/management/v1/deployments/deployments',
  'POST /api/management/v2/deployments/deployments/preview',
]

const withBody = () => routes.filter(({ body }) => body)

/** A sample of the odd values at each place; .ci/nightly tests all. */
const PART = { of: 20 }
/** Of what is rejected before the route is known: another part on each. */
const SMALL_PART = { of: 4 }

// Half an hour for thousands of requests: a test that goes on after its end would change what the next one compares.
describe(`a body (${SAMPLED})`, () => {
  test('has no member in any schema that the examples do not send', () => {
    for (const route of withBody())
      expect([route.name, unsent(route.body, bodyIn(world, route))]).toEqual([route.name, []])
  })

  test('of another content type is 415, except of devices that speak DDI, whose clients name any', async () => {
    const types = ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonx', 'x']
    for (const [offset, route] of withBody().entries())
      for (const type of sample(types, { ...SMALL_PART, offset })) {
        const sent = request(route, write(bodyIn(world, route)))
        const response = await sendRaw(server.url, { ...sent, headers: { ...sent.headers, 'content-type': type } })
        expectSense(response, [route.name, type])
        expect([route.name, type, response.status]).toEqual([route.name, type, route.caller === 'ddi' ? 200 : 415])
      }
  })

  test('that is compressed is 415 with a message that says so, on every route that accepts a body', async () => {
    const upload = '/api/management/v1/deployments/artifacts'
    const files = routes.filter(({ name }) => [`POST ${upload}`, `POST ${upload}/generate`].includes(name))
    expect(files).toHaveLength(2)
    for (const [offset, route] of [...withBody(), ...files].entries())
      for (const encoding of sample(['gzip', 'GZIP', 'br', 'identity, gzip'], { ...SMALL_PART, offset })) {
        const sent = request(route, gzipSync('{}') as unknown as string)
        const response = await sendRaw(server.url, {
          ...sent,
          headers: { ...sent.headers, 'content-encoding': encoding },
        })
        expectSense(response, [route.name, encoding])
        expect([route.name, response.status, response.headers['accept-encoding']]).toEqual([
          route.name,
          415,
          'identity',
        ])
        expect(response.text).toContain('Content-Encoding')
      }
    const login = '/api/management/v1/useradm/auth/login'
    const headers = { 'content-encoding': 'identity', 'content-type': 'application/json' }
    expect((await sendRaw(server.url, { method: 'POST', path: login, headers, body: '{}' })).status).toBe(401)
  })

  test('that is not JSON is 400', async () => {
    const none: (string | Buffer)[] = [
      ...['{', '{"a":}', '[1,]', '{}{}', 'nul', "{'a':1}", '\u0000', '"\\ud800"', '[NaN]', '{"a":01}'],
      ...[Buffer.from([0x22, 0xff, 0xfe, 0x22]), Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ]
    const before = await stored()
    for (const [offset, route] of withBody().entries())
      for (const body of sample(none, { ...SMALL_PART, offset })) {
        const response = await sendRaw(server.url, { ...request(route, body as string) })
        expectSense(response, [route.name, body])
        expect([route.name, body, response.status]).toEqual([route.name, body, 400])
      }
    expect(await stored()).toEqual(before)
  }, 1_800_000)

  test('of more than 1 MiB is 413, except where it may list a million devices', async () => {
    const body = JSON.stringify('x'.repeat(2 ** 20))
    for (const route of withBody()) {
      const response = await sendRaw(server.url, request(route, body))
      expectSense(response, route.name)
      expect([route.name, response.status]).toEqual([route.name, LISTING.includes(route.name) ? 400 : 413])
    }
  })

  test('nested a hundred thousand levels deep is 400', async () => {
    for (const route of withBody()) {
      const response = await sendRaw(server.url, request(route, `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`))
      expect([route.name, response.status]).toEqual([route.name, 400])
    }
  })

  test('with an odd value in any member is accepted or rejected as a whole', async () => {
    for (const [offset, route] of withBody().entries()) {
      if (route.caller === 'ddi') await expectDdiToWork()
      const odd = sample(variants(bodyIn(world, route)), { ...PART, offset })
      const refused = await sendAll(odd.map((body) => request(route, write(body))))
      const least = sample(ODD_VALUES, { ...PART, offset }).length / 2
      expect([route.name, refused]).toEqual([route.name, expect.toSatisfy((n) => n >= least)])
    }
  }, 1_800_000)
})

/** Other odd bodies may have changed the settings of the tenant. Also ends the limit of wrong tokens. */
async function expectDdiToWork() {
  server.advance(60_000)
  await saveDdiSettings(world.tenant, { gateway_token: true, target_token: true, accepts_devices: true })
  const poll = routes.find(({ method, path }) => method === 'GET' && path.endsWith('/{controllerId}'))!
  expect(await sendRaw(server.url, request(poll))).toMatchObject({ status: 200 })
}

/** Members of a schema that an example lacks. */
function unsent(schema: Schema, example: unknown, at = ''): string[] {
  const kinds: Schema[] = schema.anyOf ?? [schema]
  return kinds.flatMap((kind) => {
    if (kind.items) return unsent(kind.items, together(example), `${at}[]`)
    return Object.entries<Schema>(kind.properties ?? {}).flatMap(([name, member]) => {
      const sent = (example as Record<string, unknown> | undefined)?.[name]
      // Null is a value where a member cannot be used otherwise.
      if (sent === null) return []
      return sent === undefined ? [`${at}.${name}`] : unsent(member, sent, `${at}.${name}`)
    })
  })
}

/** What the elements of a list have between them: no phase can have all members. */
const together = (list: unknown): unknown => {
  const [first, ...others] = (list ?? []) as unknown[]
  return typeof first === 'object' ? Object.assign({}, first, ...others) : first
}

describe(`an address (${SAMPLED})`, () => {
  test('with an odd value as an id is rejected, or changes nothing that it should not', async () => {
    for (const [offset, route] of routes.filter(({ parameters }) => parameters.length > 0).entries()) {
      if (route.caller === 'ddi') await expectDdiToWork()
      const body = bodyIn(world, route)
      const odd = route.parameters.flatMap((name) =>
        sample(ODD_ESCAPES, { ...PART, offset }).map((text) =>
          request(route, body === undefined ? undefined : write(body), without(route, name, text)),
        ),
      )
      await sendAll(odd)
    }
  }, 1_800_000)

  test('with an odd value in the query is accepted or rejected', async () => {
    for (const [offset, route] of routes.filter(({ query }) => query.length > 0).entries()) {
      const path = pathIn(world, route).replace(/\?.*/, '')
      const odd = [...route.query, 'unknown', 'inventory/foo', '/'].flatMap((name, i) =>
        sample([...ODD_ESCAPES, '', `1&${name}=2`], { ...PART, offset: offset + i }).map((text) =>
          request(route, undefined, `${path}?${name}=${text}`),
        ),
      )
      const many = [
        'a=1&'.repeat(2000),
        '&&&',
        '=',
        '?',
        '%00=1',
        '__proto__=1',
        'page=1&page=1',
        'page[]=1',
        'page.x=1',
      ]
      const some = sample(many, { ...SMALL_PART, offset })
      await sendAll([...odd, ...some.map((query) => request(route, undefined, `${path}?${query}`))])
    }
  }, 1_800_000)

  const ODD_PAGES = ['two', '0', '-1', '1.5', '9223372036854775808', '1e3', '', '%201', '0x10', 'NaN', '9'.repeat(400)]
  test.each(ODD_PAGES.map((text, offset) => [text, offset] as const))(
    'with the page %.20s is 400 on every paged list',
    async (text, offset) => {
      const paged = routes.filter(({ query }) => query.includes('per_page'))
      expect(paged.length).toBeGreaterThan(10)
      for (const route of sample(paged, { ...SMALL_PART, offset }))
        for (const name of ['page', 'per_page']) {
          const path = `${pathIn(world, route)}?${name}=${text}`
          const response = await sendRaw(server.url, request(route, undefined, path))
          expectSense(response, path)
          expect([path, response.status]).toEqual([path, 400])
        }
    },
  )

  test('longer than the limit of the headers is 431', async () => {
    const { head, body } = await sendBytes(server.url, `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect(head).toMatch(/^HTTP\/1.1 431 /)
    expectOwnId(head, body)
  })
})

/** The path with a text in place of one parameter, unescaped. */
function without({ path, caller }: Route, parameter: string, text: string): string {
  const [before = '', after = ''] = path.split(`{${parameter}}`)
  const ids = { id: world.device.id, name: world.group, device: world.device.id, aid: world.auth_set_id }
  const others = caller === 'ddi' ? valuesIn(world, path) : ids
  return `${fill(before, others)}${text}${fill(after, others)}`
}

const expectOwnId = (head: string, body: unknown) =>
  expect(body).toEqual({
    error: expect.stringMatching(/\w \w/),
    code: expect.toSatisfy(isKnown),
    request_id: /X-MEN-RequestID: (\S+)/.exec(head)?.[1],
  })

describe(`a method (${SAMPLED})`, () => {
  test('that a path does not support is 405 with those that it supports', async () => {
    const METHODS = ['PROPFIND', 'TRACE', 'PURGE', 'LOCK', 'QUERY']
    for (const [offset, path] of [...new Set(routes.map((route) => pathIn(world, route)))].entries()) {
      const known = routes.filter((route) => pathIn(world, route) === path)
      const response = await sendRaw(server.url, request(known[0]!, undefined, path))
      expect(response.status).toBeLessThan(500)
      for (const method of sample(METHODS, { ...SMALL_PART, offset })) {
        const response = await sendRaw(server.url, { method, path })
        expectSense(response, [method, path])
        expect([path, response.status, response.headers.allow]).toEqual([path, 405, expect.stringContaining('OPTIONS')])
        for (const route of known) expect(response.headers.allow).toContain(route.method)
      }
    }
  })

  test.each(['BREW', 'get', 'CONNECT', 'VERSION-CONTROL'])(
    '%s, which HTTP parsers reject, is 405 with the methods that the path supports, and 404 elsewhere',
    async (method) => {
      const known = await sendBytes(server.url, `${method} /health?a=b HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect(known.head).toMatch(/^HTTP\/1.1 405 .*\r\nAllow: GET, HEAD, OPTIONS\r\n/s)
      expectOwnId(known.head, known.body)
      const unknown = await sendBytes(server.url, `${method} /nowhere HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect(unknown.head).toMatch(/^HTTP\/1.1 404 /)
    },
  )

  test('that a path does not support is 405 whatever its body is', async () => {
    const bad = { 'content-type': 'nonsense', 'content-encoding': 'gzip' }
    for (const method of ['QUERY', 'PUT', 'DELETE'])
      for (const [path, status] of [
        ['/health', 405],
        ['/nowhere', 404],
      ] as const)
        expect((await sendRaw(server.url, { method, path, headers: bad, body: '{' })).status).toBe(status)
  })

  test.each([
    'BREW/health HTTP/1.1\r\nHost: x\r\n\r\n',
    'BREW /health\r\nHost: x\r\n\r\n',
    'GET /health HTTP/9.9\r\n\r\n',
    'GET /he alth HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n',
    'POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET /health HTTP/1.1\r\nHost: x\r\nA\u0000: b\r\n\r\n',
    '\u0016\u0003\u0001\u0002 this is TLS',
  ])('or anything else that is not HTTP is 400: %j', async (bytes) => {
    const { head, body } = await sendBytes(server.url, bytes)
    expect(head).toMatch(/^HTTP\/1.1 400 /)
    expectOwnId(head, body)
  })
})

describe(`a header (${SAMPLED})`, () => {
  const login = '/api/management/v1/useradm/auth/login'
  test.each(['\u0000@example.com:password', 'a@example.com:\u0000', ':', '', 'no colon', 'x'.repeat(5000), '\ud800:x'])(
    'with the credentials %.20j does not authenticate',
    async (credentials) => {
      const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
      const response = await sendRaw(server.url, { method: 'POST', path: login, headers: { authorization } })
      expectSense(response, credentials)
      expect([400, 401]).toContain(response.status)
    },
  )

  test.each(['Basic', 'Basic %', 'basic ====', 'Bearer YTpi', 'Basic a b c', '\u00ff'])(
    'with the odd authorization %j does not authenticate',
    async (authorization) => {
      const response = await sendRaw(server.url, { method: 'POST', path: login, headers: { authorization } })
      expectSense(response, authorization)
      expect(response.status).toBe(401)
    },
  )

  test('with an odd value is ignored or rejected, on every route', async () => {
    const odd = [
      '',
      '"',
      '*,*',
      '\u00ff\u00fe',
      'W/"x"',
      '-1',
      'bytes=9-1',
      'bytes=a-b,c',
      'x'.repeat(5000),
      '%00',
      '{}',
    ]
    const names = ['if-match', 'if-range', 'range', 'x-men-signature', 'x-men-requestid', 'cookie', 'accept', 'host']
    const some = routes.filter(({ path }) =>
      /tags$|auth_requests$|\{file\}$|devices\/\{id\}$|\{controllerId\}$/.test(path),
    )
    for (const [offset, route] of some.filter((one) => one.method !== 'DELETE').entries()) {
      const body = bodyIn(world, route)
      const sent = request(route, body === undefined ? undefined : write(body))
      await sendAll(
        names.flatMap((name, i) =>
          sample(odd, { ...SMALL_PART, offset: offset + i }).map((text) => ({
            ...sent,
            headers: { ...sent.headers, [name]: text },
          })),
        ),
      )
    }
  }, 1_800_000)
})

test('every route is in the OpenAPI document, so that the tests cover all', async () => {
  const served: string[] = []
  const listen = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance }
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of HIDDEN.test(url) ? [] : [method].flat())
        if (one !== 'HEAD') served.push(`${one} ${url.replace(/:(\w+)/g, '{$1}')}`)
    })
  }
  diagnostics.subscribe('fastify.initialization', listen)
  const app = await buildApp(server.env)
  diagnostics.unsubscribe('fastify.initialization', listen)
  await app.ready()
  await app.close()
  expect(served.sort()).toEqual(routes.map(({ name }) => name).sort())
})

/** The document itself and its page, the web UI, routes of features that Muster does not have, and those of browsers that
 * sign in by a provider. */
const HIDDEN =
  /directupload|deviceconnect|\/auth\/providers\/|^\/$|^\/(devices|groups|filters|releases|deployments|settings|password|verify-email|assets)(\/|$)|^\/api\/(docs|[a-z.-]+\.json)/

test('no random request returns a 5xx, and rejected requests change nothing', async () => {
  const members = [...new Set(withBody().flatMap((route) => namesIn(bodyIn(world, route))))]
  const { body } = fc.letrec<{ body: unknown }>((tie) => ({
    body: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(fc.constantFrom(...ODD_VALUES), fc.string({ unit: 'binary' }), fc.double(), fc.maxSafeInteger()),
      fc.array(tie('body'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...members), fc.string()), tie('body'), { maxKeys: 6 }),
    ),
  }))
  const text = fc.oneof(fc.constantFrom(...ODD_ESCAPES), fc.string({ unit: 'binary' }).map(escaped))
  const tried = fc.record({
    route: fc.constantFrom(...routes),
    ids: fc.array(text, { minLength: 3, maxLength: 3 }),
    query: fc.array(fc.tuple(text, text), { maxLength: 3 }),
    body: fc.option(body, { nil: undefined }),
  })
  await fc.assert(
    fc.asyncProperty(tried, async ({ route, ids, query, body }) => {
      const path = route.parameters.reduce((path, name, i) => path.replace(`{${name}}`, ids[i] || 'x'), route.path)
      const queryString = query.map(([name, value]) => `${name}=${value}`).join('&')
      await sendAll([request(route, body === undefined ? undefined : write(body), `${path}?${queryString}`)])
    }),
    { numRuns: 300 },
  )
})

const escaped = (text: string) => encodeURIComponent(text.replace(/\p{Cs}/gu, ''))

const namesIn = (value: unknown): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, member]) => [name, ...namesIn(member)])
    : []
