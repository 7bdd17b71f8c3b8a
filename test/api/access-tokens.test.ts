import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Api, openApi } from '../support/api.ts'
import { claimsOf } from '../support/auth.ts'
import { useServer } from '../support/fixtures.ts'
import { addUser, idOf, isSignedIn, openSessionOf, USERADM } from '../support/users.ts'
import { ROLES } from '../support/world.ts'

const TOKENS = `${USERADM}/settings/tokens`
const MINUTE = 60_000
const TIME = expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/)

const server = useServer()

async function make(api: Api, name: string, expires_in?: number): Promise<Api> {
  const { status, text } = await api.post(TOKENS, { name, expires_in })
  expect([name, status]).toEqual([name, 200])
  return openApi(server.url, text)
}

const list = async (api: Api) => (await api.get(TOKENS)).body

describe('a personal access token', () => {
  test('is returned as a bare token and has the permissions of its user', async () => {
    const { api, tenant_id } = await server.tenant('professional')
    const made = await api.post(TOKENS, { name: 'pipeline', expires_in: 3600 })
    expect(made.status).toBe(200)
    expect(made.headers.get('content-type')).toBe('application/jwt')
    const claims = claimsOf(made.text)
    expect(claims).toMatchObject({
      ...{ sub: idOf(api), iss: 'mender.useradm', 'mender.tenant': tenant_id, 'mender.user': true },
      ...{ 'mender.plan': 'professional', 'mender.trial': false, exp: claims.iat + 3600 },
    })
    const script = openApi(server.url, made.text)
    expect((await script.get(`${USERADM}/users/me`)).body.id).toBe(idOf(api))
    expect(
      (await script.post(`${USERADM}/users`, { email: `${randomUUID()}@b.c`, password: 'x'.repeat(9) })).status,
    ).toBe(201)
  })

  test('of an observer cannot change anything either', async () => {
    const user = await addUser(server, await server.tenant(), ['RBAC_ROLE_OBSERVER'])
    const script = await make(user.api, 'looking')
    expect((await script.get('/api/management/v1/inventory/devices')).status).toBe(200)
    expect((await script.post(`${USERADM}/users`, { email: 'a@b.c', password: 'x'.repeat(9) })).status).toBe(403)
  })

  test('is created only with ManageTokens; users who lose it keep, list and delete their tokens', async () => {
    const tenant = await server.tenant()
    const role = (...names: string[]) => ({
      ...{ name: 'scripted', permission_sets_with_scope: names.map((name) => ({ name })) },
    })
    expect((await tenant.api.post(ROLES, role('ReadDevices', 'ManageTokens'))).status).toBe(201)
    const user = await addUser(server, tenant, ['scripted'])
    const script = await make(user.api, 'nightly')
    expect((await tenant.api.put(`${ROLES}/scripted`, role('ReadDevices'))).status).toBe(204)
    expect(await user.api.post(TOKENS, { name: 'another', expires_in: 0 })).toMatchObject({
      ...{ status: 403, body: { error: 'Access denied: your role does not allow this.' } },
    })
    expect((await script.get('/api/management/v1/inventory/devices')).status).toBe(200)
    const [{ id }] = await list(user.api)
    expect((await user.api.delete(`${TOKENS}/${id}`)).status).toBe(204)
    expect((await script.get(`${USERADM}/users/me`)).status).toBe(401)
  })

  test('is listed without its text, and only to its owner', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant)
    const limited = await make(tenant.api, 'limited', 60)
    await make(tenant.api, 'for ever', 0)
    const listed = await list(tenant.api)
    expect(listed).toEqual([
      { id: claimsOf(limited.token ?? '').jti, name: 'limited', created_ts: TIME, expiration_date: TIME },
      { id: expect.any(String), name: 'for ever', created_ts: TIME },
    ])
    expect(Date.parse(listed[0].expiration_date)).toBe(claimsOf(limited.token ?? '').exp * 1000)
    expect(await list(user.api)).toEqual([])
  })

  test('expires to the second; one without expiry is still valid after years', async () => {
    const { api, email, password } = await server.tenant()
    const [limited, unlimited, unsaid] = [await make(api, 'a', 120), await make(api, 'b', 0), await make(api, 'c')]
    for (const token of [unlimited, unsaid]) expect(claimsOf(token.token ?? '')).not.toHaveProperty('exp')
    server.advance(118_000)
    expect(await isSignedIn(limited)).toBe(true)
    server.advance(2_001)
    expect(await isSignedIn(limited)).toBe(false)
    server.advance(10 * 365 * 24 * 60 * MINUTE)
    expect([await isSignedIn(unlimited), await isSignedIn(unsaid), await isSignedIn(api)]).toEqual([true, true, false])
    const session = await openSessionOf(server, { email, password })
    expect((await list(session)).map(({ name }: { name: string }) => name)).toEqual(['b', 'c'])
    server.advance(-(10 * 365 * 24 * 60 * MINUTE + 120_001))
  })

  test('shows when it was last used, to the minute; sessions are not listed as tokens', async () => {
    const { api } = await server.tenant()
    const script = await make(api, 'pipeline')
    const lastUsed = async () => (await list(api))[0].last_used as string | undefined
    expect(await lastUsed()).toBeUndefined()
    await Promise.all([1, 2, 3].map(() => isSignedIn(script)))
    const first = (await lastUsed()) ?? ''
    expect(Math.abs(Date.parse(first) - server.env.now().getTime())).toBeLessThan(30_000)
    await isSignedIn(script)
    expect(await lastUsed()).toBe(first)
    server.advance(MINUTE)
    await isSignedIn(script)
    expect(Date.parse((await lastUsed()) ?? '') - Date.parse(first)).toBeGreaterThanOrEqual(MINUTE)
    server.advance(-MINUTE)
  })

  test('is invalid after it is deleted or logs itself out', async () => {
    const { api } = await server.tenant()
    const [one, other] = [await make(api, 'one'), await make(api, 'other')]
    const path = `${TOKENS}/${claimsOf(one.token ?? '').jti}`
    expect(await api.delete(path)).toMatchObject({ status: 204, text: '' })
    expect(await api.delete(path)).toMatchObject({ status: 404, body: { error: 'token not found' } })
    expect((await other.post(`${USERADM}/auth/logout`)).status).toBe(202)
    expect(await Promise.all([one, other, api].map(isSignedIn))).toEqual([false, false, true])
    expect(await list(api)).toEqual([])
  })

  test('of another user cannot be deleted, nor can a session', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant)
    const script = await make(user.api, 'pipeline')
    for (const { token } of [script, tenant.api, user.api])
      expect((await tenant.api.delete(`${TOKENS}/${claimsOf(token ?? '').jti}`)).status).toBe(404)
    expect(await Promise.all([script, tenant.api, user.api].map(isSignedIn))).toEqual([true, true, true])
  })

  test('does not displace sessions, and sessions do not displace it', async () => {
    const { api, email, password } = await server.tenant()
    const scripts = [await make(api, 'a'), await make(api, 'b')]
    for (let i = 0; i < 10; i++) await openSessionOf(server, { email, password })
    expect(await Promise.all([...scripts, api].map(isSignedIn))).toEqual([true, true, false])
  })
})

describe('a personal access token is rejected', () => {
  test.each([
    [{}],
    [{ name: '' }],
    [{ name: 'x'.repeat(257) }],
    [{ name: 1 }],
    [{ name: 'x', expires_in: -1 }],
    [{ name: 'x', expires_in: 31_536_001 }],
    [{ name: 'x', expires_in: 1.5 }],
    [{ name: 'x', expires_in: '60' }],
  ])('for %.60j', async (body) => {
    const { api } = await server.tenant()
    expect(await api.post(TOKENS, body)).toMatchObject({ status: 400, body: { error: expect.stringMatching(/: /) } })
    expect(await list(api)).toEqual([])
  })

  test('if its name is taken; another user may use it, and it is free after the other token expired', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant)
    const taken = { status: 409, body: { error: 'Personal Access Token with a given name already exists' } }
    const responses = await Promise.all([1, 2, 3].map(() => tenant.api.post(TOKENS, { name: 'x', expires_in: 60 })))
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 409, 409])
    expect(await tenant.api.post(TOKENS, { name: 'x' })).toMatchObject(taken)
    await make(user.api, 'x')
    server.advance(MINUTE)
    await make(tenant.api, 'x')
    server.advance(-MINUTE)
  })

  test('beyond ten per user, even if many are requested at once and some are deleted concurrently', async () => {
    const count = fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(count, async (batches) => {
        const { api } = await server.tenant()
        let kept = 0
        for (const [round, size] of batches.entries()) {
          const requests = Array.from({ length: size }, (_, i) => api.post(TOKENS, { name: `${round} ${i}` }))
          const responses = await Promise.all(requests)
          const granted = responses.filter(({ status }) => status === 200).length
          expect(granted).toBe(Math.min(size, 10 - kept))
          for (const { status, body } of responses.filter((response) => response.status !== 200))
            expect([status, body.error]).toEqual([422, 'maximum number of personal acess tokens reached for this user'])
          const [first, ...others] = await list(api)
          expect(1 + others.length).toBe(kept + granted)
          expect((await api.delete(`${TOKENS}/${first.id}`)).status).toBe(204)
          kept = others.length
        }
      }),
      { numRuns: 15 },
    )
  })
})
