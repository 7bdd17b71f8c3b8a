import { beforeAll, expect, test } from 'vitest'
import { type Api, type ApiResponse, openApi } from '../support/api.ts'
import { readDocument } from '../support/document.ts'
import { useServer } from '../support/fixtures.ts'
import { bodyIn, fill, pathIn, type Route, readRoutes, valuesIn } from '../support/routes.ts'
import { makeWorld, type World } from '../support/world.ts'

const server = useServer()
let world: World
let routes: Route[]
let problemsOf: Awaited<ReturnType<typeof readDocument>>

beforeAll(async () => {
  world = await makeWorld(server)
  routes = inOrder(await readRoutes(world.tenant.api))
  problemsOf = await readDocument(world.tenant.api)
})

/** Reads first, requests that end the session last. */
const inOrder = (all: Route[]) => all.toSorted((a, b) => weight(a) - weight(b))
const weight = ({ method, path }: Route) =>
  /logout|auth\/session/.test(path) && method !== 'GET'
    ? 9
    : ['HEAD', 'GET', 'POST', 'PATCH', 'PUT', 'DELETE'].indexOf(method)

const send = (api: Api, { method }: Route, path: string, body?: unknown, headers?: Record<string, string>) =>
  method === 'GET' ? api.get(path, headers) : api[method.toLowerCase() as 'post'](path, body, headers)

const callerOf = ({ caller }: Route): Api =>
  caller === 'device'
    ? openApi(server.url, world.device.token)
    : caller === 'user'
      ? world.tenant.api
      : openApi(server.url)
const headersOf = ({ caller }: Route): Record<string, string> =>
  caller === 'ddi' ? { authorization: world.ddi.authorization } : {}

const walk = async (ask: (route: Route) => Promise<ApiResponse> | undefined, some = routes) => {
  const problems: Record<string, string[]> = {}
  for (const route of some.filter(({ method }) => method !== 'HEAD')) {
    const response = await ask(route)
    const found = response ? problemsOf(route, response) : []
    if (found.length > 0) problems[route.name] = found
  }
  expect(problems).toEqual({})
}

const UNKNOWN = new Proxy({}, { get: () => '00000000-0000-4000-8000-000000000000' }) as Record<string, string>
/** To devices that speak DDI, an object is unknown in their own tenant: no token is right in another one. */
const unknownPath = ({ path, caller }: Route) =>
  caller === 'ddi' ? fill(path, { ...valuesIn(world, path), id: '1', file: 'unknown' }) : fill(path, UNKNOWN)

test('responses without a token match the document', () =>
  walk((route) => send(openApi(server.url), route, pathIn(world, route), bodyIn(world, route))))

test('responses to a role without permission match the document', () =>
  walk(
    (route) => send(world.observer, route, pathIn(world, route), bodyIn(world, route)),
    routes.filter(({ caller, path }) => caller === 'user' && !/logout|auth\/session/.test(path)),
  ))

test('responses for objects that do not exist match the document', () =>
  walk(
    (route) => send(callerOf(route), route, unknownPath(route), bodyIn(world, route), headersOf(route)),
    routes.filter(({ parameters }) => parameters.length > 0),
  ))

test('responses to malformed addresses and queries match the document', async () => {
  for (const query of ['?a=%00', '?page=0&per_page=501&sort=x&status=x'])
    await walk(
      (route) => send(callerOf(route), route, unknownPath(route) + query, bodyIn(world, route), headersOf(route)),
      routes.filter(({ path }) => !/logout|auth\/session/.test(path)),
    )
})

test('responses to malformed bodies match the document', async () => {
  const withBody = routes.filter(({ method, path }) => method !== 'GET' && !/logout|auth\/session/.test(path))
  for (const [body, type] of [
    ['{', 'application/json'],
    ['[[1]]', 'application/json'],
    ['a', 'text/plain'],
    [`"${'x'.repeat(2 ** 20)}"`, 'application/json'],
  ])
    await walk(
      (route) =>
        send(callerOf(route), route, unknownPath(route), body, { ...headersOf(route), 'content-type': type ?? '' }),
      withBody,
    )
})

test('responses to successful requests match the document', () =>
  walk(async (route) => {
    const response = await send(callerOf(route), route, pathIn(world, route), bodyIn(world, route), headersOf(route))
    if (route.caller === 'ddi') expect([route.name, response.status]).toEqual([route.name, 200])
    return response
  }))

test('responses to devices that speak DDI match the document: ranges, and what another device or nobody has', async () => {
  const file = routes.find(
    ({ method, path }) => method === 'GET' && path.includes('/controller/v1/') && /{file}$/.test(path),
  )!
  for (const [range, status] of [
    ['bytes=1-2', 206],
    ['bytes=1000-', 416],
  ] as const)
    await walk(
      async (route) => {
        const response = await callerOf(route).get(pathIn(world, route), { ...headersOf(route), range })
        expect([range, response.status]).toEqual([range, status])
        return response
      },
      [file],
    )
  const parts = await callerOf(file).get(pathIn(world, file), { ...headersOf(file), range: 'bytes=0-0,2-3' })
  expect([parts.status, parts.headers.get('content-type')]).toEqual([
    206,
    expect.stringMatching(/^multipart\/byteranges;/),
  ])
  const { active, canceled } = world.ddi
  const swapped = { ...world, ddi: { ...world.ddi, active: canceled, canceled: active } }
  await walk(
    (route) => send(callerOf(route), route, pathIn(swapped, route), bodyIn(world, route), headersOf(route)),
    routes.filter(({ caller }) => caller === 'ddi'),
  )
})
