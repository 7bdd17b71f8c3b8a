import { beforeAll, expect, test } from 'vitest'
import { type Api, type ApiResponse, openApi } from '../support/api.ts'
import { readDocument } from '../support/document.ts'
import { useServer } from '../support/fixtures.ts'
import { bodyIn, fill, pathIn, type Route, readRoutes } from '../support/routes.ts'
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

const walk = async (ask: (route: Route) => Promise<ApiResponse> | undefined, some = routes) => {
  const problems: Record<string, string[]> = {}
  for (const route of some.filter(({ method }) => method !== 'HEAD')) {
    const response = await ask(route)
    const found = response ? problemsOf(route, response) : []
    if (found.length > 0) problems[route.name] = found
  }
  expect(problems).toEqual({})
}

const unknownPath = ({ path }: Route) =>
  fill(path, new Proxy({}, { get: () => '00000000-0000-4000-8000-000000000000' }) as Record<string, string>)

test('responses without a token match the document', () =>
  walk((route) => send(openApi(server.url), route, pathIn(world, route), bodyIn(world, route))))

test('responses to a role without permission match the document', () =>
  walk(
    (route) => send(world.observer, route, pathIn(world, route), bodyIn(world, route)),
    routes.filter(({ caller, path }) => caller === 'user' && !/logout|auth\/session/.test(path)),
  ))

test('responses for objects that do not exist match the document', () =>
  walk(
    (route) => send(callerOf(route), route, unknownPath(route), bodyIn(world, route)),
    routes.filter(({ parameters }) => parameters.length > 0),
  ))

test('responses to malformed addresses and queries match the document', async () => {
  for (const query of ['?a=%00', '?page=0&per_page=501&sort=x&status=x'])
    await walk(
      (route) => send(callerOf(route), route, unknownPath(route) + query, bodyIn(world, route)),
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
      (route) => send(callerOf(route), route, unknownPath(route), body, { 'content-type': type ?? '' }),
      withBody,
    )
})

test('responses to successful requests match the document', () =>
  walk((route) => send(callerOf(route), route, pathIn(world, route), bodyIn(world, route))))
