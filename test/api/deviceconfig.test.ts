import { beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { openApi } from '../support/api.ts'
import { DEVAUTH } from '../support/auth.ts'
import { configPath, deployConfig, readConfig, reportConfig, setConfig, wantedBy } from '../support/configuration.ts'
import { enrolDdi, gatewayOf } from '../support/ddi.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'
import { eventsOf } from '../support/users.ts'
import { ROLES, signIn } from '../support/world.ts'

const server = useServer()
let tenant: TestTenant
let device: SimulatedDevice
let other: SimulatedDevice

beforeEach(async () => {
  tenant = await server.tenant()
  ;[device, other] = (await enrol(server, tenant, 2)) as [SimulatedDevice, SimulatedDevice]
})

const rows = () =>
  server.env.db.query<{ device_id: string }>(sql`
    select device_id from device_configurations where tenant_id = ${tenant.tenant_id}`)

describe('the configuration of a device', () => {
  test('is empty at first, without a time of a report', async () => {
    const { body: known } = await tenant.api.get(`${DEVAUTH}/devices/${device.id}`)
    expect(await readConfig(tenant.api, device)).toEqual({
      ...{ id: device.id, configured: {}, reported: {}, updated_ts: known.created_ts },
    })
    expect(await wantedBy(server, device)).toMatchObject({ status: 200, body: {} })
  })

  test('is set as a whole, with its keys in their order, and read by the device', async () => {
    const before = server.env.now().toISOString()
    await setConfig(tenant.api, device, { zebra: '1', 'another-key': 'a "b"\n€', dollar: '$', 'dots.and/slashes': '' })
    const { configured, reported, updated_ts } = await readConfig(tenant.api, device)
    expect(JSON.stringify(configured)).toBe(
      '{"zebra":"1","another-key":"a \\"b\\"\\n€","dollar":"$","dots.and/slashes":""}',
    )
    expect(reported).toEqual({})
    expect(updated_ts >= before).toBe(true)
    expect((await wantedBy(server, device)).text).toBe(JSON.stringify(configured))
    await setConfig(tenant.api, device, { zebra: '2' })
    expect(await readConfig(tenant.api, device)).toMatchObject({ configured: { zebra: '2' } })
    await setConfig(tenant.api, device, {})
    expect(await readConfig(tenant.api, device)).toMatchObject({ configured: {} })
    expect(await readConfig(tenant.api, other)).toMatchObject({ configured: {}, reported: {} })
  })

  test('is reported by the device, as the script of mender-configure does', async () => {
    const file = '{\n  "timezone": "Europe/Oslo",\n  "mender-demo-raspberrypi-led": "on"\n}\n'
    expect(await reportConfig(server, device, file)).toMatchObject({ status: 204, text: '' })
    const reported = { timezone: 'Europe/Oslo', 'mender-demo-raspberrypi-led': 'on' }
    const read = await readConfig(tenant.api, device)
    expect(read).toMatchObject({ configured: {}, reported, reported_ts: expect.stringMatching(/Z$/) })
    await setConfig(tenant.api, device, { timezone: 'UTC' })
    expect(await reportConfig(server, device, '{}')).toMatchObject({ status: 204 })
    expect(await readConfig(tenant.api, device)).toMatchObject({ configured: { timezone: 'UTC' }, reported: {} })
  })

  test('counts as a check-in', async () => {
    const seen = async () => (await tenant.api.get(`${DEVAUTH}/devices/${device.id}`)).body.check_in_time
    server.advance(3_600_000)
    const before = server.env.now().toISOString()
    await reportConfig(server, device, '{}')
    await server.saveCheckIns()
    expect((await seen()) >= before).toBe(true)
  })

  test('is not overwritten by who has not seen the last change', async () => {
    await setConfig(tenant.api, device, { timezone: 'UTC' })
    const etag = (await tenant.api.get(configPath(device))).headers.get('etag') ?? ''
    const put = (configured: object, if_match: string) =>
      tenant.api.put(configPath(device), configured, { 'if-match': if_match })
    expect(await put({ timezone: 'CET' }, etag)).toMatchObject({ status: 204 })
    expect(await put({ timezone: 'EET' }, etag)).toMatchObject({ status: 412, body: { code: 'version_mismatch' } })
    expect(await readConfig(tenant.api, device)).toMatchObject({ configured: { timezone: 'CET' } })
    expect(await put({ timezone: 'EET' }, '*')).toMatchObject({ status: 204 })
    const none = (await tenant.api.get(configPath(other))).headers.get('etag') ?? ''
    const first = await tenant.api.put(configPath(other), { a: 'b' }, { 'if-match': none })
    expect(first).toMatchObject({ status: 204 })
  })

  test('is removed with the device', async () => {
    await setConfig(tenant.api, device, { password: 'secret' })
    await reportConfig(server, device, '{"password": "secret"}')
    const id = await deployConfig(tenant.api, device)
    expect(await rows()).toEqual([{ device_id: device.id }])
    expect(await tenant.api.delete(`${DEVAUTH}/devices/${device.id}`)).toMatchObject({ status: 204 })
    expect(await rows()).toEqual([])
    const [left] = await server.env.db.query<{ configuration: object | null }>(sql`
      select configuration from deployments where tenant_id = ${tenant.tenant_id} and id = ${id}`)
    expect(left).toEqual({ configuration: null })
    expect(await reportConfig(server, device, '{}')).toMatchObject({ status: 401 })
    expect(await tenant.api.get(configPath(device))).toMatchObject({ status: 404, body: { code: 'device_not_found' } })
    expect(await rows()).toEqual([])
  })

  test('is written to the audit log when it is set or deployed', async () => {
    await setConfig(tenant.api, device, { timezone: 'UTC' })
    const id = await deployConfig(tenant.api, device)
    const change = '{\n  "timezone": "UTC"\n}'
    const object = { type: 'device', id: device.id }
    expect((await eventsOf(server, tenant)).slice(-2)).toMatchObject([
      { action: 'set_configuration', object, change },
      { action: 'deploy_configuration', object, change },
    ])
    const { body } = await tenant.api.get(`/api/management/v1/auditlogs/logs?object_id=${id}`)
    expect(body).toMatchObject([{ action: 'deploy_configuration' }])
    await setConfig(tenant.api, device, { long: 'x'.repeat(4096), ...many(99, 'x'.repeat(4096)) })
    expect((await eventsOf(server, tenant)).at(-1)?.change?.length).toBeLessThan(17_000)
  })
})

/** That many keys. */
const many = (count: number, value = 'x') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${i}`, value]))

describe('a configuration is refused', () => {
  const BAD: [what: string, body: unknown, problem: string][] = [
    ['a number', { key: 'value', another: 1234 }, 'another: must be string'],
    ['null', { another: null }, 'another: must be string'],
    ['a boolean', { another: false }, 'another: must be string'],
    ['an object', { another: {} }, 'another: must be string'],
    ['a list', { another: [] }, 'another: must be string'],
    ['a long value', { another: 'x'.repeat(4097) }, 'another: must NOT have more than 4096 characters'],
    ['a long key', { ['k'.repeat(4097)]: 'value' }, 'the key must be at most 4096 characters long'],
    ['a blank key', { '': 'value' }, 'a key cannot be blank'],
    ['too many keys', many(101), 'must NOT have more than 100 properties'],
    ['a list instead of keys', ['value'], 'must be object'],
    ['a text', '"value"', 'must be object'],
    ['a key with a line break and a number', { 'a\nb': 1 }, 'must be string'],
    ['nothing', undefined, 'must be object'],
  ]

  test.each(BAD)('%s, of a user and of a device alike', async (_what, body, problem) => {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
    const refused = { status: 400, body: { error: expect.stringContaining(problem), code: 'invalid_request' } }
    expect(await tenant.api.put(configPath(device), text)).toMatchObject(refused)
    const own = openApi(server.url, device.token)
    expect(await own.put('/api/devices/v1/deviceconfig/configuration', text)).toMatchObject(refused)
    expect(await rows()).toEqual([])
  })

  test('if it has reached a limit it is accepted', async () => {
    await setConfig(tenant.api, device, { ...many(99), ['k'.repeat(4096)]: 'v'.repeat(4096) })
    expect(Object.keys((await readConfig(tenant.api, device)).configured)).toHaveLength(100)
  })

  test('a character that cannot be stored is refused from users, and replaced from devices', async () => {
    expect(await tenant.api.put(configPath(device), '{"a":"\\u0000"}')).toMatchObject({ status: 400 })
    expect(await reportConfig(server, device, '{"a":"x\\u0000"}')).toMatchObject({ status: 204 })
    expect(await readConfig(tenant.api, device)).toMatchObject({ reported: { a: 'x\ufffd' } })
  })

  test('without a token of a user, or of an accepted device', async () => {
    for (const method of ['get', 'put'] as const) {
      expect(await openApi(server.url)[method](configPath(device), {} as never)).toMatchObject({ status: 401 })
      const own = openApi(server.url, tenant.api.token)
      expect(await own[method]('/api/devices/v1/deviceconfig/configuration', {} as never)).toMatchObject({
        status: 401,
      })
    }
    const { body } = await tenant.api.get(`${DEVAUTH}/devices/${device.id}`)
    const path = `${DEVAUTH}/devices/${device.id}/auth/${body.auth_sets[0].id}/status`
    expect(await tenant.api.put(path, { status: 'rejected' })).toMatchObject({ status: 204 })
    expect(await reportConfig(server, device, '{}')).toMatchObject({ status: 401 })
  })

  test('of a device that speaks DDI, with what to do', async () => {
    const ddi = await enrolDdi(server, tenant, { authorization: await gatewayOf(tenant), data: { device_type: 'x' } })
    const refused = {
      ...{ status: 409, body: { code: 'no_configuration', error: expect.stringContaining('choose a device') } },
    }
    expect(await tenant.api.get(configPath(ddi))).toMatchObject(refused)
    expect(await tenant.api.put(configPath(ddi), { a: 'b' })).toMatchObject(refused)
    expect(await tenant.api.post(`${configPath(ddi)}/deploy`, {})).toMatchObject(refused)
    expect(await rows()).toEqual([])
  })

  test('of a device of another tenant, which does not exist', async () => {
    const stranger = await server.tenant()
    await setConfig(tenant.api, device, { password: 'secret' })
    for (const response of [
      await stranger.api.get(configPath(device)),
      await stranger.api.put(configPath(device), { a: 'b' }),
      await stranger.api.post(`${configPath(device)}/deploy`, {}),
    ])
      expect(response).toMatchObject({ status: 404, body: { code: 'device_not_found' } })
    expect(await readConfig(tenant.api, device)).toEqual({
      ...(await readConfig(tenant.api, device)),
      configured: { password: 'secret' },
    })
  })
})

describe('a role with ConfigureDevices', () => {
  const userWith = async (name: string, set: object) => {
    const permission_sets_with_scope = [set, { name: 'Basic' }]
    expect(await tenant.api.post(ROLES, { name, permission_sets_with_scope })).toMatchObject({ status: 201 })
    return signIn(server, tenant, [name])
  }

  test('configures devices, and changes nothing else', async () => {
    const user = await userWith('configures', { name: 'ConfigureDevices' })
    await setConfig(user, device, { timezone: 'UTC' })
    const id = await deployConfig(user, device)
    expect((await user.get(`/api/management/v1/deployments/deployments/${id}`)).body).toMatchObject({
      type: 'configuration',
    })
    expect(await user.delete(`${DEVAUTH}/devices/${device.id}`)).toMatchObject({ status: 403 })
    const devices = [device.id]
    expect(
      await user.post('/api/management/v1/deployments/deployments', { name: 'x', artifact_name: 'x', devices }),
    ).toMatchObject({ status: 403 })
  })

  test('limited to a group, configures its devices only, and sees their deployments only', async () => {
    await tenant.api.put(`/api/management/v1/inventory/devices/${device.id}/group`, { group: 'north' })
    await setConfig(tenant.api, other, { password: 'secret' })
    const hidden = await deployConfig(tenant.api, other)
    const scope = { type: 'DeviceGroups', value: ['north'] }
    const user = await userWith('configures north', { name: 'ConfigureDevices', scope })
    await setConfig(user, device, { timezone: 'UTC' })
    const own = await deployConfig(user, device)
    const { body } = await user.get('/api/management/v1/deployments/deployments?type=configuration')
    expect(body).toMatchObject([{ id: own, groups: ['north'] }])
    expect(await user.get(`/api/management/v1/deployments/deployments/${hidden}`)).toMatchObject({ status: 404 })
    for (const response of [
      await user.get(configPath(other)),
      await user.put(configPath(other), {}),
      await user.post(`${configPath(other)}/deploy`, {}),
    ])
      expect(response).toMatchObject({ status: 404, body: { code: 'device_not_found' } })
    expect(await readConfig(tenant.api, other)).toMatchObject({ configured: { password: 'secret' } })
  })

  test('is needed: who only sees devices reads their configuration', async () => {
    const user = await userWith('sees', { name: 'ReadDevices' })
    await setConfig(tenant.api, device, { timezone: 'UTC' })
    expect(await readConfig(user, device)).toMatchObject({ configured: { timezone: 'UTC' } })
    expect(await user.put(configPath(device), {})).toMatchObject({ status: 403 })
    expect(await user.post(`${configPath(device)}/deploy`, {})).toMatchObject({ status: 403 })
  })
})
