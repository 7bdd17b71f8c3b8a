import { describe, expect, test } from 'vitest'
import { operatorOf } from '../../src/auth/actor.ts'
import { createUser } from '../../src/auth/users/create-user.ts'
import { ROLE_NAMES, SET_NAMES } from '../support/access.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { ROLES, signIn } from '../support/world.ts'

const SETS = '/api/management/v2/useradm/permission_sets'
const ME = '/api/management/v1/useradm/users/me'
const DEVICES = '/api/management/v1/inventory/devices'

const server = useServer()
const tenant = useTenant(server)

const content = (...names: string[]) => ({ permission_sets_with_scope: names.map((name) => ({ name })) })
const inGroups = (name: string, value: unknown, type = 'DeviceGroups') => ({ name, scope: { type, value } })
const create = (name: string, members: object = content('ReadDevices')) => tenant.api.post(ROLES, { name, ...members })

describe('a role', () => {
  test('is created, read, changed and deleted', async () => {
    const { api } = tenant
    const role = {
      ...{ name: 'north / south & co', description: 'two halves' },
      permission_sets_with_scope: [inGroups('DeployToDevices', ['north', 'south']), { name: 'ReadReleases' }],
    }
    const created = await api.post(ROLES, role)
    expect(created).toMatchObject({ status: 201, text: '' })
    const path = created.headers.get('location') ?? ''
    expect(path).toBe(`${ROLES}/${encodeURIComponent(role.name)}`)
    expect(await api.get(path)).toMatchObject({ status: 200, body: role })
    expect((await api.get(`${ROLES}?per_page=500`)).body).toContainEqual(role)
    expect(await api.put(path, { name: role.name, ...content('ReadUsers') })).toMatchObject({ status: 204 })
    expect((await api.get(path)).body).toEqual({ name: role.name, description: '', ...content('ReadUsers') })
    expect(await api.delete(path)).toMatchObject({ status: 204, text: '' })
    for (const gone of [await api.get(path), await api.delete(path), await api.put(path, content('Basic'))])
      expect(gone).toMatchObject({ status: 404, body: { error: 'role not found' } })
  })

  test('that is predefined is listed first and cannot be changed', async () => {
    const { api } = tenant
    const { body } = await api.get(ROLES)
    expect(body.slice(0, ROLE_NAMES.length).map(({ name }: { name: string }) => name)).toEqual(ROLE_NAMES)
    for (const name of ROLE_NAMES) {
      expect((await api.get(`${ROLES}/${name}`)).body).toMatchObject({ name, description: expect.stringMatching(/./) })
      expect(await api.put(`${ROLES}/${name}`, content('SuperUser'))).toMatchObject({ status: 422 })
      expect(await api.delete(`${ROLES}/${name}`)).toMatchObject({ status: 422 })
      expect(await create(name)).toMatchObject({ status: 422 })
    }
    expect(await create('RBAC_ROLE_MINE')).toMatchObject({
      status: 422,
      body: { code: 'role_name_reserved', field: 'name' },
    })
    expect((await api.get(ROLES)).body).toEqual(body)
  })

  test('with a name that is taken is 409, also with twenty simultaneous requests', async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => create('twice')))
    expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    expect(await create('twice')).toMatchObject({
      ...{ status: 409, body: { error: 'role with a given name already exists' } },
    })
  })

  test('keeps its name', async () => {
    await create('first name')
    const response = await tenant.api.put(`${ROLES}/first%20name`, { name: 'second name', ...content('Basic') })
    expect(response).toMatchObject({ status: 422, body: { error: expect.stringContaining('create another') } })
  })

  test.each([
    ['no name', { name: '' }],
    ['a name of spaces', { name: '  ' }],
    ['a long name', { name: 'x'.repeat(129) }],
    ['a long description', { description: 'x'.repeat(1025) }],
    ['no permission sets', { permission_sets_with_scope: [] }],
    ['an unknown permission set', content('DoWhatYouLike')],
    ['the name of a property of every object', content('constructor')],
    ['an unknown scope', { permission_sets_with_scope: [inGroups('ReadDevices', ['a'], 'Everything')] }],
    ['tags for devices', { permission_sets_with_scope: [inGroups('ReadDevices', ['a'], 'ReleaseTags')] }],
    ['groups for releases', { permission_sets_with_scope: [inGroups('ReadReleases', ['a'])] }],
    ['a scope for a permission set without scopes', { permission_sets_with_scope: [inGroups('SuperUser', ['a'])] }],
    ['an empty scope', { permission_sets_with_scope: [inGroups('ReadDevices', [])] }],
    ['a scope of an empty name', { permission_sets_with_scope: [inGroups('ReadDevices', [''])] }],
    ['a scope of numbers', { permission_sets_with_scope: [inGroups('ReadDevices', [1])] }],
  ])('with %s is 400', async (_, members) => {
    const role = { name: 'odd', ...content('Basic'), ...members }
    expect(await tenant.api.post(ROLES, role)).toMatchObject({
      ...{ status: 400, body: { error: expect.stringMatching(/^Validating request body: .+/) } },
    })
    expect(await tenant.api.get(`${ROLES}/odd`)).toMatchObject({ status: 404 })
  })

  test.each(['os', 'professional'] as const)('is 403 in the plan %s', async (plan) => {
    const { api } = await server.tenant(plan)
    const refused = { status: 403, body: { error: 'Feature not available in your Plan.' } }
    for (const path of [ROLES, SETS, `${ROLES}/RBAC_ROLE_CI`]) expect(await api.get(path)).toMatchObject(refused)
    expect(await api.post(ROLES, { name: 'one', ...content('Basic') })).toMatchObject(refused)
    expect(await api.put(`${ROLES}/one`, content('Basic'))).toMatchObject(refused)
    expect(await api.delete(`${ROLES}/one`)).toMatchObject(refused)
  })

  test('is a different role in another tenant', async () => {
    await create('ours', content('SuperUser'))
    const other = await server.tenant()
    await other.api.post(ROLES, { name: 'ours', ...content('Basic') })
    const user = await signIn(server, other, ['ours'])
    expect(await user.get(DEVICES)).toMatchObject({ status: 403 })
    expect(await other.api.delete(`${ROLES}/ours`)).toMatchObject({ status: 204 })
    expect(await tenant.api.get(`${ROLES}/ours`)).toMatchObject({ status: 200 })
  })
})

test('the permission sets are listed with their possible scopes', async () => {
  const { status, body } = await tenant.api.get(`${SETS}?per_page=500`)
  expect(status).toBe(200)
  expect(body.map(({ name }: { name: string }) => name)).toEqual(SET_NAMES)
  expect(body).toContainEqual({
    ...{ name: 'ReadReleases', description: expect.any(String), supported_scope_types: ['ReleaseTags'] },
  })
})

describe('a user with a role', () => {
  test('has its current permissions as soon as it changes', async () => {
    await create('changing')
    const user = await signIn(server, tenant, ['changing'])
    expect((await user.get(ME)).body).toMatchObject({ roles: ['changing'] })
    expect(await user.get(DEVICES)).toMatchObject({ status: 200 })
    await tenant.api.put(`${ROLES}/changing`, content('ReadUsers'))
    expect(await user.get(DEVICES)).toMatchObject({ status: 403 })
  })

  test('loses it when it is deleted, and never gains permissions by that', async () => {
    await create('going')
    const [only, also] = [
      await signIn(server, tenant, ['going']),
      await signIn(server, tenant, ['going', 'RBAC_ROLE_CI']),
    ]
    expect(await tenant.api.delete(`${ROLES}/going`)).toMatchObject({ status: 204 })
    expect((await only.get(ME)).body).toMatchObject({ roles: ['RBAC_ROLE_BASIC'] })
    expect((await also.get(ME)).body).toMatchObject({ roles: ['RBAC_ROLE_CI'] })
    expect(await only.get(DEVICES)).toMatchObject({ status: 403 })
    await create('going', content('SuperUser'))
    expect(await only.get(DEVICES)).toMatchObject({ status: 403 })
  })

  test('that does not exist cannot be created', async () => {
    const by = operatorOf(tenant.tenant_id)
    const invalid = { email: 'nobody@example.com', password: 'correct horse', roles: ['no such role'] }
    await expect(createUser(server.env, by, invalid)).rejects.toMatchObject({
      ...{ status: 422, message: expect.stringContaining('There is no role no such role') },
    })
  })

  test('created while it is deleted never has a deleted role', async () => {
    for (let i = 0; i < 5; i++) {
      await create('fleeting')
      const users = Array.from({ length: 4 }, () => signIn(server, tenant, ['fleeting']).catch(() => undefined))
      await new Promise((resolve) => setTimeout(resolve, 60 + 20 * i))
      expect(await tenant.api.delete(`${ROLES}/fleeting`)).toMatchObject({ status: 204 })
      for (const user of await Promise.all(users))
        if (user) expect((await user.get(ME)).body).toMatchObject({ roles: ['RBAC_ROLE_BASIC'] })
    }
  })
})
