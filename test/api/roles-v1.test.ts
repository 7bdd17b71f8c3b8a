import { beforeAll, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { useServer } from '../support/fixtures.ts'

const V1 = '/api/management/v1/useradm/roles'
const V2 = '/api/management/v2/useradm/roles'

const server = useServer()
let api: Api
beforeAll(async () => {
  api = (await server.tenant()).api
})

const on = (action: string, value: string, type = 'DEVICE_GROUP') => ({ action, object: { type, value } })
const scoped = (name: string, ...value: string[]) => ({ name, scope: { type: 'DeviceGroups', value } })

test('a role of version 1 is stored as permission sets, and is returned in both versions', async () => {
  const permissions = [on('CREATE_DEPLOYMENT', 'lab'), on('CREATE_DEPLOYMENT', 'eu'), on('VIEW_DEVICE', 'lab')]
  const response = await api.post(V1, { name: 'lab crew', description: 'd', permissions })
  expect(response).toMatchObject({ status: 201, text: '' })
  expect(response.headers.get('location')).toBe(`${V1}/lab%20crew`)
  const permission_sets_with_scope = [scoped('DeployToDevices', 'lab', 'eu'), scoped('ReadDevices', 'lab')]
  const role = { name: 'lab crew', description: 'd', permission_sets_with_scope }
  expect((await api.get(`${V2}/lab%20crew`)).body).toEqual(role)
  expect((await api.get(`${V1}/lab%20crew`)).body).toEqual({ ...role, permissions })

  expect(await api.put(`${V1}/lab%20crew`, { permissions: [on('REMOTE_TERMINAL', 'eu')] })).toMatchObject({
    status: 204,
  })
  expect((await api.get(`${V2}/lab%20crew`)).body.permission_sets_with_scope).toEqual([
    scoped('ConnectToDevices', 'eu'),
  ])
  expect(await api.delete(`${V1}/lab%20crew`)).toMatchObject({ status: 204 })
  expect(await api.get(`${V1}/lab%20crew`)).toMatchObject({ status: 404, body: { error: 'role not found' } })
})

test('the permission for everything is every permission set; an action on any group has no scope', async () => {
  const sets = async (...permissions: object[]) => {
    await api.post(V1, { name: 'r', permissions })
    const { body } = await api.get(`${V2}/r`)
    await api.delete(`${V2}/r`)
    return body.permission_sets_with_scope
  }
  expect(await sets(on('any', 'any', 'any'))).toEqual([{ name: 'SuperUser' }])
  expect(await sets(on('VIEW_DEVICE', 'any', 'any'), on('VIEW_DEVICE', 'lab'))).toEqual([{ name: 'ReadDevices' }])
  const { body } = await api.get(V1)
  expect(body[0]).toMatchObject({ name: 'RBAC_ROLE_PERMIT_ALL', permissions: [on('any', 'any', 'any')] })
})

test.each([
  [on('FLY', 'lab'), 'permissions: action FLY: must be one of CREATE_DEPLOYMENT, VIEW_DEVICE, REMOTE_TERMINAL'],
  [on('VIEW_DEVICE', 'x', 'DEVICE_ID'), 'permissions: object type DEVICE_ID: must be DEVICE_GROUP'],
  [on('constructor', 'lab'), 'permissions: action constructor'],
])('the permission %j is rejected', async (permission, sentence) => {
  expect(await api.post(V1, { name: 'r', permissions: [permission] })).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining(sentence) },
  })
})

test('roles require the plan that includes them', async () => {
  const { api } = await server.tenant('professional')
  expect(await api.get(V1)).toMatchObject({ status: 403, body: { error: 'Feature not available in your Plan.' } })
})
