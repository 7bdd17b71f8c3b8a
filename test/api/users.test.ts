import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { operatorOf } from '../../src/auth/actor.ts'
import { createTenant } from '../../src/auth/tenants/create-tenant.ts'
import { createUser } from '../../src/auth/users/create-user.ts'
import { sql } from '../../src/db/sql.ts'
import { openApi } from '../support/api.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'
import { addUser, eventsOf, idOf, isSignedIn, openSessionOf, PASSWORD, signIn, USERADM } from '../support/users.ts'

const USERS = `${USERADM}/users`
const ME = `${USERS}/me`

const server = useServer()

const newEmail = () => `${randomUUID()}@example.com`
const userEvents = async (tenant: TestTenant) => (await eventsOf(server, tenant)).slice(1)

describe('a new user', () => {
  test('is returned as Location, is listed, and signs in with the address in any case', async () => {
    const { api } = await server.tenant()
    const email = newEmail().toUpperCase()
    const made = await api.post(USERS, { email, password: PASSWORD, send_reset_password: false })
    expect(made).toMatchObject({ status: 201, text: '' })
    const id = made.headers.get('location')?.split('/')[1] ?? ''
    expect((await api.get(`${USERS}/${id}`)).body).toMatchObject({ id, email: email.toLowerCase() })
    expect((await api.get(`${USERS}/${id}`)).body).not.toHaveProperty('login_ts')
    const session = await openSessionOf(server, { email, password: PASSWORD })
    expect(idOf(session)).toBe(id)
  })

  test.each([
    [{ password: PASSWORD }, 400, 'Validating request body: email: cannot be blank.'],
    [{ email: 'a@b.c' }, 400, 'Validating request body: password: cannot be blank.'],
    [{ email: 'nobody', password: PASSWORD }, 400, 'Validating request body: email: must be a valid email address.'],
    [
      { email: `${'x'.repeat(3000)}@b.c`, password: PASSWORD },
      400,
      'Validating request body: email: must be a valid email address.',
    ],
    [{ email: 'a@b.c', password: 'hunter2' }, 422, 'password: must be minimum 8 characters long'],
    [{ email: 'long@b.c', password: 'my LONG@b.c' }, 422, 'password is too similar to the email'],
    [
      { email: 'a@b.c', password: PASSWORD, roles: ['KING'] },
      422,
      expect.stringMatching(/^There is no role KING: choose/),
    ],
  ])('like %.80j is rejected', async (body, status, error) => {
    const tenant = await server.tenant()
    expect(await tenant.api.post(USERS, body)).toMatchObject({ status, body: { error } })
    expect((await tenant.api.get(USERS)).body).toHaveLength(1)
    expect(await userEvents(tenant)).toEqual([])
  })

  test('cannot have the address of another user of any tenant; of many at once one gets it', async () => {
    const [one, other] = [await server.tenant(), await server.tenant()]
    const taken = { status: 422, body: { error: 'user with a given email already exists' } }
    expect(await one.api.post(USERS, { email: other.email, password: PASSWORD })).toMatchObject(taken)
    const user = { email: newEmail(), password: PASSWORD }
    const responses = await Promise.all([one, other, one, other].map(({ api }) => api.post(USERS, user)))
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 422, 422, 422])
    expect((await one.api.get(USERS)).body.length + (await other.api.get(USERS)).body.length).toBe(3)
  })
})

describe('the list of users', () => {
  test('is paginated in the order of creation, with the total', async () => {
    const tenant = await server.tenant()
    const added = [await addUser(server, tenant), await addUser(server, tenant)]
    const emails = [tenant, ...added].map(({ email }) => email)
    const all = await tenant.api.get(USERS)
    expect(all.body.map(({ email }: { email: string }) => email)).toEqual(emails)
    expect(all.headers.get('x-total-count')).toBe('3')
    const second = await tenant.api.get(`${USERS}?page=2&per_page=2`)
    expect(second.body).toMatchObject([{ email: emails[2] }])
    expect(second.headers.get('x-total-count')).toBe('3')
    expect(second.headers.get('link')).toContain('rel="prev"')
    expect((await tenant.api.get(`${USERS}?page=9`)).body).toEqual([])
  })

  test('is filtered by ids, addresses and times', async () => {
    const tenant = await server.tenant()
    const [a, b] = [await addUser(server, tenant), await addUser(server, tenant)]
    const listed = async (query: string) => {
      const { status, body, headers } = await tenant.api.get(`${USERS}?${query}`)
      expect([status, headers.get('x-total-count')]).toEqual([200, String(body.length)])
      return body.map(({ id }: { id: string }) => id)
    }
    expect(await listed(`id=${a.id}`)).toEqual([a.id])
    expect(await listed(`id=${a.id}&id=${b.id}&id=x`)).toEqual([a.id, b.id])
    expect(await listed(`email=${encodeURIComponent(b.email.toUpperCase())}`)).toEqual([b.id])
    expect(await listed(`email=${encodeURIComponent(b.email)}&id=${a.id}`)).toEqual([])
    const now = Math.floor(server.env.now().getTime() / 1000)
    for (const time of ['created', 'updated']) {
      expect(await listed(`${time}_after=${now - 100}`)).toHaveLength(3)
      expect(await listed(`${time}_before=${now - 100}`)).toEqual([])
      expect(await listed(`${time}_after=${now + 100}`)).toEqual([])
      expect(await listed(`${time}_after=${now - 100}&${time}_before=${now + 100}`)).toHaveLength(3)
      expect(await tenant.api.get(`${USERS}?${time}_after=soon`)).toMatchObject({ status: 400 })
    }
  })

  test('never contains a password, a secret or a user of another tenant', async () => {
    const [one, other] = [await server.tenant(), await server.tenant()]
    await one.api.post(`${ME}/2fa/enable`)
    const { text } = await one.api.get(USERS)
    expect(text).not.toMatch(/scrypt|secret|hash/)
    const { body } = await one.api.get(`${USERS}?email=${encodeURIComponent(other.email)}&id=${idOf(other.api)}`)
    expect(body).toEqual([])
  })
})

describe('a change of a password', () => {
  test('needs the current password, and ends the other sessions but not the access tokens', async () => {
    const tenant = await server.tenant()
    const { api, email, password } = tenant
    const other = await openSessionOf(server, { email, password })
    const script = openApi(server.url, (await api.post(`${USERADM}/settings/tokens`, { name: 'script' })).text)
    const wrong = { status: 422, body: { error: 'current password mismatch' } }
    expect(await api.put(ME, { password: 'another password' })).toMatchObject(wrong)
    expect(await api.put(ME, { password: 'another password', current_password: 'no' })).toMatchObject(wrong)
    expect(await isSignedIn(other)).toBe(true)
    const change = { password: 'another password', current_password: password }
    expect(await api.put(ME, change)).toMatchObject({ status: 204, text: '' })
    expect(await Promise.all([api, other, script].map(isSignedIn))).toEqual([true, false, true])
    expect((await signIn(server, { email, password })).status).toBe(401)
    expect((await signIn(server, { email, password: 'another password' })).status).toBe(200)
    const [, event] = await userEvents(tenant)
    expect(event).toMatchObject({ action: 'update', object: { id: idOf(api), type: 'user', user: { email } } })
    expect(event?.change).toMatch(new RegExp(`^Updated user ${email}:\n-password: `))
    expect(event?.change).not.toMatch(/another password|battery|scrypt/)
  })

  test.each([
    ['hunter2', 'password: must be minimum 8 characters long'],
    ['x'.repeat(1025), 'password: must be maximum 1024 characters long'],
  ])('to %.20s is rejected', async (password, error) => {
    const { api, ...tenant } = await server.tenant()
    const change = { password, current_password: tenant.password }
    expect(await api.put(ME, change)).toMatchObject({ status: 422, body: { error } })
    expect((await signIn(server, tenant)).status).toBe(200)
  })

  test('to one like the address, the old or the new, is rejected', async () => {
    const { api, email, password } = await server.tenant()
    const similar = { status: 422, body: { error: 'password is too similar to the email' } }
    expect(await api.put(ME, { password: `${email}!`, current_password: password })).toMatchObject(similar)
    const other = newEmail()
    const change = { email: other, password: `${other}!`, current_password: password }
    expect(await api.put(ME, change)).toMatchObject(similar)
  })

  test('of another user is rejected, also for those who may manage users', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant)
    const change = { password: 'another password', current_password: PASSWORD }
    expect(await tenant.api.put(`${USERS}/${user.id}`, change)).toMatchObject({
      ...{ status: 422, body: { error: 'password cannot be modified' } },
    })
    expect((await signIn(server, user)).status).toBe(200)
  })

  test('is applied once of many at a time, and ends all sessions opened with the old one', async () => {
    const { api, email, password } = await server.tenant()
    const passwords = Array.from({ length: 4 }, (_, i) => `password number ${i}`)
    const logins = passwords.map(() => signIn(server, { email, password }))
    const changes = passwords.map((password_) => api.put(ME, { password: password_, current_password: password }))
    const responses = await Promise.all(changes)
    expect(responses.map(({ status }) => status).sort()).toEqual([204, 422, 422, 422])
    const opened = (await Promise.all(logins)).filter(({ status }) => status === 200)
    expect(await Promise.all(opened.map(({ text }) => isSignedIn(openApi(server.url, text))))).not.toContain(true)
    expect(await isSignedIn(api)).toBe(true)
    const winner = passwords[responses.findIndex(({ status }) => status === 204)] ?? ''
    expect((await signIn(server, { email, password: winner })).status).toBe(200)
  })
})

describe('a change of a user', () => {
  test('of the address ends their other sessions, and is logged with the old address', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant)
    const email = newEmail()
    expect(await tenant.api.put(`${USERS}/${user.id}`, { email: email.toUpperCase() })).toMatchObject({ status: 204 })
    expect([await isSignedIn(user.api), await isSignedIn(tenant.api)]).toEqual([false, true])
    expect((await signIn(server, user)).status).toBe(401)
    expect((await signIn(server, { email, password: PASSWORD })).status).toBe(200)
    expect((await userEvents(tenant)).at(-1)).toEqual({
      ...{ action: 'update', actor: { id: idOf(tenant.api), type: 'user', email: tenant.email } },
      object: { id: user.id, type: 'user', user: { email: user.email } },
      change: `Updated user ${user.email}:\n-email: "${user.email}"\n+email: "${email}"`,
    })
  })

  test('of roles is in the audit log, and applies at once', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant)
    expect(await tenant.api.put(`${USERS}/${user.id}`, { roles: ['RBAC_ROLE_OBSERVER'] })).toMatchObject({
      status: 204,
    })
    expect((await user.api.get(ME)).body.roles).toEqual(['RBAC_ROLE_OBSERVER'])
    expect(await user.api.post(USERS, { email: newEmail(), password: PASSWORD })).toMatchObject({ status: 403 })
    expect((await userEvents(tenant)).at(-1)?.change).toBe(
      `Updated user ${user.email}:\n-roles: ["RBAC_ROLE_PERMIT_ALL"]\n+roles: ["RBAC_ROLE_OBSERVER"]`,
    )
    const unknown = await tenant.api.put(`${USERS}/${user.id}`, { roles: ['KING'] })
    expect(unknown).toMatchObject({ status: 422, body: { error: expect.stringMatching(/^There is no role KING/) } })
  })

  test('that changes nothing is not logged', async () => {
    const tenant = await server.tenant()
    const before = await tenant.api.get(ME)
    expect(await tenant.api.put(ME, {})).toMatchObject({ status: 204 })
    expect(await tenant.api.put(ME, { email: tenant.email, roles: ['RBAC_ROLE_PERMIT_ALL'], id: 'x' })).toMatchObject({
      status: 204,
    })
    const after = await tenant.api.get(ME)
    expect([after.body, after.headers.get('etag')]).toEqual([before.body, before.headers.get('etag')])
    expect(await userEvents(tenant)).toEqual([])
  })

  test('with a previous ETag is rejected; of many with the same ETag one succeeds', async () => {
    const tenant = await server.tenant()
    const path = `${USERS}/${(await addUser(server, tenant)).id}`
    const etag = (await tenant.api.get(path)).headers.get('etag') ?? ''
    const changes = [1, 2, 3, 4].map(() => tenant.api.put(path, { email: newEmail() }, { 'if-match': etag }))
    const responses = await Promise.all(changes)
    expect(responses.map(({ status }) => status).sort()).toEqual([204, 409, 409, 409])
    const fresh = (await tenant.api.get(path)).headers.get('etag') ?? ''
    expect(fresh).not.toBe(etag)
    for (const good of ['*', fresh])
      expect(await tenant.api.put(path, { roles: ['RBAC_ROLE_PERMIT_ALL'] }, { 'if-match': good })).toMatchObject({
        status: 204,
      })
  })

  test('to the address of another user is rejected', async () => {
    const [one, other] = [await server.tenant(), await server.tenant()]
    expect(await one.api.put(ME, { email: other.email })).toMatchObject({
      ...{ status: 422, body: { error: 'user with a given email already exists' } },
    })
    expect(await isSignedIn(one.api)).toBe(true)
  })

  test('without the permission to manage users is limited to one’s own account, except its roles', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant, ['RBAC_ROLE_CI'])
    const forbidden = { status: 403, body: { error: 'Access denied: your role does not allow this.' } }
    const other = `${USERS}/${idOf(tenant.api)}`
    expect(await user.api.put(other, { email: newEmail() })).toMatchObject(forbidden)
    expect(await user.api.post(`${other}/2fa/disable`)).toMatchObject(forbidden)
    expect(await user.api.delete(other)).toMatchObject(forbidden)
    expect(await user.api.put(ME, { roles: [] })).toMatchObject(forbidden)
    expect(await user.api.put(ME, { roles: ['RBAC_ROLE_PERMIT_ALL'] })).toMatchObject(forbidden)
    expect(await user.api.put(ME, { email: newEmail(), roles: ['RBAC_ROLE_CI'] })).toMatchObject({ status: 204 })
    expect((await user.api.get(ME)).body.roles).toEqual(['RBAC_ROLE_CI'])
  })

  test('that does not exist is 404', async () => {
    const { api } = await server.tenant()
    const missing = { status: 404, body: { error: 'user not found' } }
    for (const change of [{ roles: [] }, { password: 'another password' }])
      expect(await api.put(`${USERS}/${randomUUID()}`, change)).toMatchObject(missing)
  })
})

describe('a user', () => {
  const ALL = ['RBAC_ROLE_PERMIT_ALL']

  test('that is created without a role has the one that permits everything, however it is created', async () => {
    const tenant = await server.tenant()
    const rolesOf = async (id: string) => (await tenant.api.get(`${USERS}/${id}`)).body.roles
    for (const roles of [undefined, []]) {
      const made = await tenant.api.post(USERS, { email: newEmail(), password: PASSWORD, roles })
      expect(await rolesOf(made.headers.get('location')?.split('/')[1] ?? '')).toEqual(ALL)
    }
    const by = operatorOf(tenant.tenant_id)
    expect(
      await rolesOf((await createUser(server.env, by, { email: newEmail(), password: PASSWORD })).user_id),
    ).toEqual(ALL)
    const user = { email: newEmail(), password: PASSWORD }
    await createTenant(server.env, { name: 'another', plan: 'enterprise', user })
    expect((await (await openSessionOf(server, user)).get(ME)).body.roles).toEqual(ALL)
    await expect(
      server.env.db.query(sql`update users set roles = '{}' where tenant_id = ${tenant.tenant_id}`),
    ).rejects.toThrow('users_have_roles')
  })

  test('cannot lose the last role, since no role would mean all permissions', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant, ['RBAC_ROLE_CI'])
    expect(await tenant.api.put(`${USERS}/${user.id}`, { roles: [] })).toMatchObject({
      ...{ status: 422, body: { error: expect.stringMatching(/^Name at least one role/) } },
    })
    expect((await user.api.get(ME)).body.roles).toEqual(['RBAC_ROLE_CI'])
  })
})

describe('deleting a user', () => {
  test('ends their sessions and tokens, is logged once, and always returns 204', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant)
    const script = openApi(server.url, (await user.api.post(`${USERADM}/settings/tokens`, { name: 'script' })).text)
    const path = `${USERS}/${user.id}`
    const responses = await Promise.all([1, 2, 3].map(() => tenant.api.delete(path)))
    expect(responses.map(({ status }) => status)).toEqual([204, 204, 204])
    expect([await isSignedIn(user.api), await isSignedIn(script)]).toEqual([false, false])
    expect((await signIn(server, user)).status).toBe(401)
    expect((await tenant.api.get(path)).status).toBe(404)
    const deleted = (await userEvents(tenant)).filter(({ action }) => action === 'delete')
    expect(deleted).toMatchObject([{ object: { id: user.id, type: 'user', user: { email: user.email } } }])
    expect((await tenant.api.delete(`${USERS}/x`)).status).toBe(204)
  })
})

test('a user has at most ten sessions, even if many are opened at once; the newest remain', async () => {
  const { api: first, email, password } = await server.tenant()
  const simultaneous = await Promise.all(Array.from({ length: 6 }, () => openSessionOf(server, { email, password })))
  const later: (typeof first)[] = []
  for (let i = 0; i < 9; i++) later.push(await openSessionOf(server, { email, password }))
  expect(await Promise.all(later.map(isSignedIn))).toEqual(later.map(() => true))
  const earlier = await Promise.all([first, ...simultaneous].map(isSignedIn))
  expect(earlier.filter(Boolean)).toHaveLength(1)
  expect(earlier[0]).toBe(false)
})
