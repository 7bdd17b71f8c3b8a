import { afterAll, beforeAll, expect, test } from 'vitest'
import { dump } from '../support/dump.ts'
import { bodyIn, isChange, isOwn, pathIn, type Route, readRoutes } from '../support/routes.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeWorld, type World } from '../support/world.ts'

let server: TestServer
let world: World
let routes: Route[]

beforeAll(async () => {
  server = await startServer()
  world = await makeWorld(server)
  routes = (await readRoutes(world.tenant.api)).filter(({ caller }) => caller === 'user')
})
afterAll(() => server[Symbol.asyncDispose]())

const observe = (route: Route) => {
  const path = pathIn(world, route)
  if (route.method === 'GET') return world.observer.get(path)
  return world.observer[route.method.toLowerCase() as 'post'](path, bodyIn(world, route))
}

test('an observer is refused everything that changes something, and nothing changes', async () => {
  const before = await dump(server.env.db, world.tenant.tenant_id)
  const changes = routes.filter(isChange)
  expect(changes.length).toBeGreaterThan(20)
  for (const route of changes)
    expect({ route: route.name, ...(await observe(route)) }).toMatchObject({
      route: route.name,
      status: 403,
      body: { error: 'Access denied: your role does not allow this.' },
    })
  expect(await dump(server.env.db, world.tenant.tenant_id)).toEqual(before)
})

test('an observer reads everything, and may log out', async () => {
  const reads = routes.filter((route) => !isChange(route) && !isOwn(route))
  for (const route of reads)
    expect({ route: route.name, ...(await observe(route)) }).toMatchObject({ route: route.name, status: 200 })
  expect(await world.observer.post('/api/management/v1/useradm/auth/logout')).toMatchObject({ status: 202 })
  expect(await world.observer.get('/api/management/v1/useradm/users/me')).toMatchObject({ status: 401 })
})
