import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { authOf, claimsOf, DEVAUTH } from '../support/auth.ts'
import { enrol } from '../support/device.ts'
import { dump } from '../support/dump.ts'
import { useServer } from '../support/fixtures.ts'
import { type RawAnswer, sendRaw } from '../support/raw.ts'
import { bodyIn, pathIn, type Route, readRoutes } from '../support/routes.ts'
import { makeWorld, type World } from '../support/world.ts'

const WEEK_MS = 7 * 24 * 3_600_000

const server = useServer()
let world: World
let routes: Route[]

beforeAll(async () => {
  world = await makeWorld(server)
  const all = await readRoutes(world.tenant.api)
  // A response to HEAD has no body.
  routes = all.filter(({ caller, method }) => caller !== 'anybody' && method !== 'HEAD')
})

const userToken = () => world.tenant.api.token ?? ''
const deviceToken = () => world.device.token ?? ''
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const call = (route: Route, headers: Record<string, string>): Promise<RawAnswer> => {
  const body = bodyIn(world, route)
  return sendRaw(server.url, {
    ...{ method: route.method, path: pathIn(world, route) },
    headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  })
}

/** Asserts that every route, or those of one caller, returns 401 with a challenge and changes nothing. */
async function expectRefused(headers: Record<string, string>, caller?: Route['caller']) {
  const before = await dump(server.env.db, world.tenant.tenant_id)
  for (const route of routes.filter((one) => !caller || one.caller === caller)) {
    const response = await call(route, headers)
    const id = response.headers['x-men-requestid']
    expect({ route: route.name, ...response }).toMatchObject({
      ...{ route: route.name, status: 401 },
      headers: {
        'www-authenticate': 'Bearer realm="ManagementJWT"',
        'content-type': expect.stringMatching(/^application\/json/),
      },
      body: { error: expect.stringMatching(/./), code: 'unauthorized', request_id: id },
    })
  }
  expect(await dump(server.env.db, world.tenant.tenant_id)).toEqual(before)
}

const forged = (token: string, header: object, claims: object = {}) =>
  `${encode(header)}.${encode({ ...claimsOf(token), ...claims })}`

const hs256 = { alg: 'HS256', typ: 'JWT' }
const hmac = (text: string, key: string | Buffer) =>
  `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`

const FORGERIES: Record<string, (token: string) => string> = {
  garbage: () => 'garbage',
  'three pieces of garbage': () => 'one.two.three',
  'three empty pieces': () => '..',
  'no algorithm': (token) => `${forged(token, { alg: 'none' })}.`,
  'no algorithm in capitals': (token) => `${forged(token, { alg: 'NONE', typ: 'JWT' })}.`,
  'no algorithm and the right signature': (token) => `${forged(token, { alg: 'none' })}.${token.split('.')[2]}`,
  'the key of somebody else': (token) => hmac(forged(token, hs256), 'secret'),
  'an empty key': (token) => hmac(forged(token, hs256), ''),
  'a key pair of one’s own': (token) => {
    const text = forged(token, { alg: 'RS256', typ: 'JWT' })
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
  },
  'claims changed after signing': (token) => `${forged(token, hs256, { exp: 4_000_000_000 })}.${token.split('.')[2]}`,
  'half a signature': (token) => token.slice(0, -20),
  'no signature': (token) => `${token.split('.').slice(0, 2).join('.')}.`,
}

describe('no route accepts', () => {
  test('a request without credentials', () => expectRefused({}))

  test.each([['Basic YWRtaW46YWRtaW4='], ['Bearer'], ['Bearer '], ['Bearer a b'], ['a.b.c'], ['Digest a.b.c']])(
    'the header %j',
    (authorization) => expectRefused({ authorization }),
  )

  test.each(Object.keys(FORGERIES))('a token of %s', async (name) => {
    const forge = FORGERIES[name]!
    await expectRefused(bearer(forge(userToken())), 'user')
    await expectRefused(bearer(forge(deviceToken())), 'device')
  })

  test('the token of a user on a device route, or the reverse', async () => {
    await expectRefused(bearer(deviceToken()), 'user')
    await expectRefused(bearer(userToken()), 'device')
    await expectRefused({ cookie: `JWT=${deviceToken()}` }, 'user')
  })

  test('the tenant token of devices', () => expectRefused(bearer(world.tenant.tenant_token)))

  test('the token of a session after its logout', async () => {
    const { api } = await server.tenant()
    await api.post('/api/management/v1/useradm/auth/logout')
    await expectRefused(bearer(api.token ?? ''), 'user')
  })

  test('the token of a device that was rejected, decommissioned, or had its tokens revoked', async () => {
    const auth = authOf(server, world.tenant)
    const [rejected, gone, ended] = [await auth.admitted(), await auth.admitted(), await auth.admitted()]
    await auth.setStatus(rejected.id, rejected.set_id, 'rejected')
    await auth.decommission(gone.id)
    expect((await world.tenant.api.delete(`${DEVAUTH}/tokens/${ended.set_id}`)).status).toBe(204)
    for (const { token } of [rejected, gone, ended]) await expectRefused(bearer(token), 'device')
  })

  test('the tokens of a suspended tenant', async () => {
    const tenant = await server.tenant()
    const [device] = await enrol(server, tenant, 1)
    await authOf(server, tenant).setTenantStatus('suspended')
    await expectRefused(bearer(tenant.api.token ?? ''), 'user')
    await expectRefused(bearer(device?.token ?? ''), 'device')
  })

  test('the token of a deleted user', async () => {
    const { api, email } = await server.tenant()
    await server.env.db.query(sql`delete from users where email = ${email}`)
    await expectRefused(bearer(api.token ?? ''), 'user')
  })

  test('a token a week after it was issued', async () => {
    const { exp, iat } = claimsOf(userToken())
    expect(exp - iat).toBe(WEEK_MS / 1000)
    server.advance(WEEK_MS)
    await expectRefused(bearer(userToken()), 'user')
    await expectRefused(bearer(deviceToken()), 'device')
    server.advance(-WEEK_MS)
    expect((await world.tenant.api.get(`${DEVAUTH}/devices`)).status).toBe(200)
  })
})
