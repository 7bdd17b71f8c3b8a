import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openSession } from '../src/auth/sessions/open-session.ts'
import { type Api, openApi } from './support/api.ts'
import { claimsOf } from './support/auth.ts'
import { useContest } from './support/contest.ts'
import { useServer } from './support/fixtures.ts'
import { type OpenIdProvider, startOpenIdProvider } from './support/openid-provider.ts'
import type { TestTenant } from './support/server.ts'
import {
  ALLOWS_LOOPBACK,
  addProvider,
  clientFor,
  failureIn,
  PROVIDERS,
  providerOf,
  SIGN_IN_SETTINGS,
  sessionOf,
  signInAt,
} from './support/sign-in.ts'
import { addUser, eventsOf, idOf, isSignedIn, USERADM } from './support/users.ts'

const ROLES = '/api/management/v2/useradm/roles'
const OBSERVER = ['RBAC_ROLE_OBSERVER']
const REFUSED = { status: 409, body: { code: 'last_administrator', error: expect.stringContaining('give another') } }
const MANAGERS = { name: 'managers', permission_sets_with_scope: [{ name: 'ManageUsers' }] }
const READERS = { permission_sets_with_scope: [{ name: 'ReadUsers' }] }

const demote = (api: Api, id: string) => api.put(`${USERADM}/users/${id}`, { roles: OBSERVER })
const remove = (api: Api, id: string) => api.delete(`${USERADM}/users/${id}`)

describe('the last user who may manage users', () => {
  const server = useServer(ALLOWS_LOOPBACK)
  let tenant: TestTenant
  let me: string
  beforeEach(async () => {
    tenant = await server.tenant()
    me = idOf(tenant.api)
  })

  test('can neither be deleted nor get other roles, until there is another one', async () => {
    const { api } = tenant
    const reader = await addUser(server, tenant, OBSERVER)
    const before = await eventsOf(server, tenant)
    expect(await demote(api, me)).toMatchObject(REFUSED)
    expect(await remove(api, me)).toMatchObject(REFUSED)
    expect(await eventsOf(server, tenant)).toEqual(before)
    expect(await isSignedIn(api)).toBe(true)
    expect((await remove(api, reader.id)).status).toBe(204)
    await addUser(server, tenant)
    expect((await demote(api, me)).status).toBe(204)
  })

  test('keeps the role that permits it, which can be neither changed to less nor deleted', async () => {
    const { api } = tenant
    expect((await api.post(ROLES, MANAGERS)).status).toBe(201)
    const manager = await addUser(server, tenant, ['managers'])
    expect((await demote(manager.api, me)).status).toBe(204)
    expect(await manager.api.put(`${ROLES}/managers`, READERS)).toMatchObject(REFUSED)
    expect(await manager.api.delete(`${ROLES}/managers`)).toMatchObject(REFUSED)
    const more = { permission_sets_with_scope: [{ name: 'ManageUsers' }, { name: 'ReadAuditLogs' }] }
    expect((await manager.api.put(`${ROLES}/managers`, more)).status).toBe(204)
    expect((await manager.api.put(`${USERADM}/users/${me}`, { roles: ['RBAC_ROLE_PERMIT_ALL'] })).status).toBe(204)
    expect((await manager.api.delete(`${ROLES}/managers`)).status).toBe(204)
  })

  describe('with a sign-in provider', () => {
    let oidc: OpenIdProvider
    let place: { tenant_id: string; id: string }
    let claims: Record<string, unknown>
    beforeEach(async () => {
      // An address belongs to one user of all tenants.
      claims = { email: `ada-${randomUUID()}@company.example`, email_verified: true }
      await oidc?.[Symbol.asyncDispose]()
      oidc = await startOpenIdProvider({ clients: [clientFor(server, tenant)] })
      oidc.accounts.ada = claims
      place = { tenant_id: tenant.tenant_id, id: await addProvider(tenant, oidc.issuer) }
    })
    afterAll(() => oidc?.[Symbol.asyncDispose]())
    const save = async (rules: Parameters<typeof providerOf>[1]) =>
      (await tenant.api.put(`${PROVIDERS}/company`, providerOf(oidc.issuer, rules))).status
    const enter = () => signInAt(server, place, { account: 'ada' })
    /** A user without a password. */
    async function ada(): Promise<string> {
      const { visitor } = await enter()
      const { id } = (await sessionOf(server, visitor)).body.user
      await tenant.api.put(`${USERADM}/users/${id}`, { roles: ['RBAC_ROLE_PERMIT_ALL'] })
      return id
    }

    test('keeps the provider that is the only way to sign in', async () => {
      const { tenant_id, api } = tenant
      const id = await ada()
      const plan = claimsOf(api.token ?? '')['mender.plan']
      const own = openApi(server.url, await openSession(server.env, { tenant_id, id, plan, trial: false }))
      expect(await save({ name: 'Renamed' })).toBe(204)
      expect((await demote(api, me)).status).toBe(204)
      for (const answer of [
        await own.delete(`${PROVIDERS}/company`),
        await own.put(`${PROVIDERS}/company`, providerOf(oidc.issuer, { enabled: false })),
        await own.put(`${PROVIDERS}/company`, providerOf('http://localhost:9/another')),
      ])
        expect(answer).toMatchObject(REFUSED)
      expect((await demote(own, id)).body.code).toBe('last_administrator')
    })

    test('loses no role by a claim: the sign-in is refused', async () => {
      const rules = { roles_claim: 'groups', role_mappings: [{ value: 'all', roles: ['RBAC_ROLE_PERMIT_ALL'] }] }
      expect(await save({ ...rules, default_roles: OBSERVER })).toBe(204)
      oidc.accounts.ada = { ...claims, groups: ['all'] }
      await enter()
      expect((await remove(tenant.api, me)).status).toBe(204)
      oidc.accounts.ada = { ...claims, groups: [] }
      expect(failureIn((await enter()).page)).toBe('last_administrator')
      oidc.accounts.ada = { ...claims, groups: ['all'] }
      const { visitor } = await enter()
      expect((await sessionOf(server, visitor)).body.user.roles).toEqual(['RBAC_ROLE_PERMIT_ALL'])
    })

    test('is not replaced by the one without any way to sign in', async () => {
      const { api } = tenant
      await ada()
      expect(await save({ enabled: false })).toBe(204)
      // A user without a password, whose provider is disabled.
      expect(await demote(api, me)).toMatchObject(REFUSED)
      expect(await save({ enabled: true })).toBe(204)
      expect((await demote(api, me)).status).toBe(204)
    })

    test('is the one user who may use a password, while passwords are switched off', async () => {
      const { api } = tenant
      await ada()
      const only = { password_sign_in: 'one_user', password_user_id: me }
      expect((await api.put(SIGN_IN_SETTINGS, only)).status).toBe(204)
      for (const answer of [await demote(api, me), await remove(api, me)])
        expect(answer).toMatchObject({ status: 409, body: { code: 'password_user_needed' } })
    })
  })
})

describe('of two changes at the same time, on two processes, that would leave nobody', () => {
  const { server, rivals } = useContest()
  let tenant: TestTenant
  beforeAll(async () => {
    tenant = await server.tenant()
  })
  const via = ({ token }: Api) => rivals.urls.map((url) => openApi(url, token))

  /** Two users who manage users, by these roles, and nobody else. */
  async function two(roles: string[] = []) {
    const one = await addUser(server, tenant, roles)
    const other = await addUser(server, tenant, roles)
    return { ids: [one.id, other.id] as const, apis: [via(one.api)[0]!, via(other.api)[1]!] as const }
  }

  const CHANGES: [what: string, change: (api: Api, id: string) => ReturnType<Api['put']>][] = [
    ['other roles', demote],
    ['deletion', remove],
  ]
  test.each(CHANGES)('%s: one is refused', async (_, change) => {
    let first = await two()
    expect((await remove(first.apis[0], idOf(tenant.api))).status).toBe(204)
    let refused = 0
    for (let round = 0; round < 20; round++) {
      const { ids, apis } = first
      // Each takes the right of the other.
      const answers = await Promise.all([change(apis[0], ids[1]), change(apis[1], ids[0])])
      const done = answers.filter(({ status }) => status === 204)
      expect([round, done.length]).toEqual([round, 1])
      refused += answers.filter(({ body }) => body?.code === 'last_administrator').length
      const left = answers[0]?.status === 204 ? 0 : 1
      tenant = { ...tenant, api: openApi(server.url, apis[left].token) }
      first = await two()
      expect((await remove(first.apis[0], ids[left])).status).toBe(204)
    }
    expect(refused).toBeGreaterThan(0)
    tenant = { ...tenant, api: openApi(server.url, first.apis[0].token) }
    expect((await remove(first.apis[0], first.ids[1])).status).toBe(204)
  })

  test('less of a role, and the deletion of the user without it: one is refused', async () => {
    for (let round = 0; round < 20; round++) {
      const { api } = tenant
      const name = `managers-${round}`
      expect((await api.post(ROLES, { ...MANAGERS, name })).status).toBe(201)
      const manager = await addUser(server, tenant, [name])
      const [here] = via(manager.api)
      const there = via(api)[1]!
      const answers = await Promise.all([remove(here!, idOf(api)), there.put(`${ROLES}/${name}`, READERS)])
      expect([round, answers.filter(({ status }) => status === 204).length]).toEqual([round, 1])
      if (answers[0].status !== 204) continue
      const next = await addUser(server, { ...tenant, api: manager.api })
      tenant = { ...tenant, api: openApi(server.url, next.api.token) }
      expect((await remove(tenant.api, manager.id)).status).toBe(204)
    }
  })
})
