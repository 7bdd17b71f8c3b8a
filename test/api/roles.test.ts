import { beforeAll, describe, expect, test } from 'vitest'
import { ACCESS, type Access, ROLE_NAMES, SET_NAMES } from '../support/access.ts'
import type { Api } from '../support/api.ts'
import { dump } from '../support/dump.ts'
import { useServer } from '../support/fixtures.ts'
import { bodyIn, isChange, isOwn, pathIn, type Route, readRoutes, statusOf } from '../support/routes.ts'
import { SAMPLED, sample } from '../support/sample.ts'
import { makeWorld, ROLES, signIn, type World } from '../support/world.ts'

const server = useServer()
let world: World
let routes: Route[]

beforeAll(async () => {
  world = await makeWorld(server)
  routes = (await readRoutes(world.tenant.api)).filter(({ caller }) => caller === 'user')
})

const call = (api: Api, route: Route) => {
  const path = pathIn(world, route)
  if (route.method === 'GET') return api.get(path)
  return api[route.method.toLowerCase() as 'post'](path, bodyIn(world, route))
}

const isLogout = ({ path }: Route) => path.endsWith('/logout')
const forbidden = { status: 403, body: { error: 'Access denied: your role does not allow this.' } }

/** Asserts that forbidden routes are rejected without an effect, and that permitted read routes are not. */
async function walk(api: Api, isOpen: (access: Access) => boolean, visited = routes) {
  const before = await dump(server.env.db, world.tenant.tenant_id)
  for (const route of visited.filter((one) => !isLogout(one))) {
    const open = isOpen(ACCESS[route.name]!)
    if (open && (isChange(route) || isOwn(route))) continue
    const response = await call(api, route)
    expect({ route: route.name, ...response }).toMatchObject({
      route: route.name,
      ...(open ? { status: statusOf(route) } : forbidden),
    })
  }
  expect(await dump(server.env.db, world.tenant.tenant_id)).toEqual(before)
}

test('every management route has an expectation for every role, and none is for a removed route', () => {
  expect(Object.keys(ACCESS).sort()).toEqual(routes.map(({ name }) => name).sort())
})

describe('a user with only', () => {
  test.each(ROLE_NAMES)('the role %s is limited to it', async (role) => {
    await walk(await signIn(server, world.tenant, [role]), ({ roles }) => roles.includes(role))
  })

  test.each(SET_NAMES)(`a role of the permission set %s is limited to it (${SAMPLED})`, async (set) => {
    const name = `only ${set}`
    const { status } = await world.tenant.api.post(ROLES, { name, permission_sets_with_scope: [{ name: set }] })
    expect(status).toBe(201)
    // A sample, because there are many sets: each route is tested with five of the sixteen.
    const visited = sample(routes, { of: 3, offset: SET_NAMES.indexOf(set) })
    await walk(await signIn(server, world.tenant, [name]), ({ sets }) => sets.includes(set), visited)
  })
})

test('two roles permit what either of them permits', async () => {
  const both = ['RBAC_ROLE_BASIC', 'only UploadArtifacts', 'only ReadReleases']
  await walk(await signIn(server, world.tenant, both), ({ sets }) =>
    both.slice(1).some((name) => sets.includes(name.slice('only '.length))),
  )
})

test('a role that permits a change does not return 403, and lets its user log out', async () => {
  for (const role of ROLE_NAMES) {
    const own = await makeWorld(server)
    const api = await signIn(server, own.tenant, [role])
    for (const route of routes.filter((one) => isChange(one) && ACCESS[one.name]?.roles.includes(role))) {
      const path = pathIn(own, route)
      const { status } = await api[route.method.toLowerCase() as 'post'](path, bodyIn(own, route))
      expect([role, route.name, status]).toEqual([role, route.name, expect.not.toSatisfy((n) => n === 403 || n >= 500)])
    }
    expect(await api.post('/api/management/v1/useradm/auth/logout')).toMatchObject({ status: 202 })
    expect(await api.get('/api/management/v1/useradm/users/me')).toMatchObject({ status: 401 })
  }
})
