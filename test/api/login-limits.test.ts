import { TOTP } from 'otpauth'
import { beforeAll, expect, test } from 'vitest'
import { FULL_ROLE } from '../../src/auth/role.ts'
import { readConfig } from '../../src/config.ts'
import { sql } from '../../src/db/sql.ts'
import { type Api, type ApiResponse, openApi } from '../support/api.ts'
import { useServer } from '../support/fixtures.ts'
import { startServer, type TestTenant } from '../support/server.ts'
import { addUser, idOf, TOO_MANY_GUESSES, USERADM } from '../support/users.ts'

const FREE = 10
const WAITED_MS = 10 * 60_000

const server = useServer({ trust_proxy: ['loopback'] })
let anybody: Api
beforeAll(async () => {
  anybody = openApi(server.url)
})

let addresses = 0
const newAddress = () => `198.51.100.${++addresses}`

type Login = Pick<TestTenant, 'email' | 'password'>
const logIn = ({ email, password }: Login, address: string, body?: object) =>
  anybody.post(`${USERADM}/auth/login`, body, {
    ...{ authorization: `Basic ${btoa(`${email}:${password}`)}`, 'x-forwarded-for': address },
  })

const times = <Made>(count: number, make: (index: number) => Promise<Made>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)))

/** All but the first ten were rejected, apart from one or two for which the limit expired on a slow machine. */
function expectLimited(responses: ApiResponse[], wrong: number) {
  const of = (status: number) => responses.filter((response) => response.status === status).length
  expect(of(wrong) + of(429)).toBe(responses.length)
  expect(of(wrong)).toBeGreaterThanOrEqual(FREE)
  expect(of(wrong)).toBeLessThanOrEqual(FREE + 2)
}

test('fifty wrong passwords at once are rejected after ten; the user can log in from elsewhere, and later from there', async () => {
  const tenant = await server.tenant()
  const address = newAddress()
  const wrong = { email: tenant.email.toUpperCase(), password: 'a wrong guess' }
  const byCookie = () => anybody.post(`${USERADM}/auth/session`, wrong, { 'x-forwarded-for': address })
  const responses = await times(50, (index) => (index % 2 ? byCookie() : logIn(wrong, address)))
  expectLimited(responses, 401)
  const refused = responses.find(({ status }) => status === 429)
  expect(refused?.body.error).toMatch(TOO_MANY_GUESSES)
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await logIn(tenant, newAddress())).status).toBe(200)
  server.advance(WAITED_MS)
  expect((await logIn(tenant, address)).status).toBe(200)
})

test('an unknown user has the same limit', async () => {
  const address = newAddress()
  const nobody = { email: 'nobody@example.com', password: 'a wrong guess' }
  expectLimited(await times(FREE + 5, () => logIn(nobody, address)), 401)
})

test('correct passwords are accepted, however many at once, and a missing one does not count as a guess', async () => {
  const tenant = await server.tenant()
  const address = newAddress()
  const without = await times(FREE + 5, () => logIn({ ...tenant, password: '' }, address))
  expect(without.map(({ status }) => status)).toEqual(without.map(() => 401))
  const responses = await times(FREE + 5, () => logIn(tenant, address))
  expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200))
})

test('a session cannot be used to guess the password, and may change everything else', async () => {
  const tenant = await server.tenant()
  const { api } = tenant
  // The last administrator cannot give up that role.
  await addUser(server, tenant, [FULL_ROLE])
  const guess = () => api.put(`${USERADM}/users/me`, { password: 'another password', current_password: 'a guess' })
  expectLimited(await times(FREE + 5, guess), 422)
  expect((await api.put(`${USERADM}/users/me`, { roles: ['RBAC_ROLE_CI'] })).status).toBe(204)
})

test('guesses of codes are limited, both for the verification and at the login', async () => {
  const tenant = await server.tenant()
  await tenant.api.post(`${USERADM}/users/me/2fa/enable`)
  const found = await server.env.db.first<{ tfa_secret: string }>(sql`
    select tfa_secret from users where id = ${idOf(tenant.api)}`)
  const totp = new TOTP({ secret: found?.tfa_secret ?? '' })
  const code = () => totp.generate({ timestamp: server.env.now().getTime() })
  const verify = (token2fa: string) => tenant.api.put(`${USERADM}/2faverify`, { token2fa })
  expectLimited(await times(FREE + 5, () => verify('000000')), 422)
  server.advance(WAITED_MS)
  expect((await verify(code())).status).toBe(202)

  const address = newAddress()
  expectLimited(await times(FREE + 3, () => logIn(tenant, address, { token2fa: '000000' })), 401)
  server.advance(2 * 30_000)
  expect((await logIn(tenant, newAddress(), { token2fa: code() })).status).toBe(200)
})

test('an untrusted proxy is ignored', async () => {
  await using direct = await startServer()
  const login = { email: 'a@example.com', password: 'a guess' }
  const guess = (index: number) =>
    openApi(direct.url).post(`${USERADM}/auth/session`, login, { 'x-forwarded-for': `192.0.2.${index}` })
  expectLimited(await times(FREE + 5, guess), 401)
})

test('trusted proxies are addresses, ranges and three keywords', () => {
  const read = (MUSTER_TRUST_PROXY: string) => readConfig({ MUSTER_TRUST_PROXY }).trust_proxy
  const all = ['loopback', '10.0.0.0/8', '2001:db8::/32', '192.0.2.1']
  expect(read(all.join(', '))).toEqual(all)
  expect(read('')).toBeUndefined()
  for (const wrong of ['true', '1', 'nginx', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'loopback,', '::/129'])
    expect(() => read(wrong)).toThrow('MUSTER_TRUST_PROXY')
})
