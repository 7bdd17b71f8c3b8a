import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ddiIdentity, NO_KEY } from '../../src/auth/ddi-identity.ts'
import { introduceDevice } from '../../src/auth/devices/introduce-device.ts'
import { sql } from '../../src/db/sql.ts'
import { DEFAULT_SETTINGS } from '../../src/ddi/ddi-settings.ts'
import { MAX_GATEWAY_TOKENS } from '../../src/ddi/gateway-token.ts'
import type { Api } from '../support/api.ts'
import { authOf, DEVAUTH, ed25519 } from '../support/auth.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'
import { addUser, eventsOf } from '../support/users.ts'

const DDI = '/api/management/v2/ddi'
const SETTINGS = `${DDI}/settings`
const GATEWAY_TOKENS = `${DDI}/gateway_tokens`
const DEVICES = `${DDI}/devices`
const GROUPS = '/api/management/v1/inventory/groups'
const ROLES = '/api/management/v2/useradm/roles'
const NOBODY = '00000000-0000-4000-8000-000000000000'
const DRAWN = /^[\w-]{43}$/
/** As short as may be, with the first and last characters that are allowed. */
const OWN_TOKEN = '!a-token-as-now~'

const server = useServer()

const done = { status: 204, text: '' }
const forbidden = { status: 403, body: { code: 'permission_denied' } }
const notFound = { status: 404, body: { code: 'device_not_found' } }
const invalid = (field: string) => ({ status: 400, body: { code: 'invalid_request', field } })
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')
const at = (id: string) => `${DEVICES}/${id}`

let made = 0
const newControllerId = () => `controller-${++made}`

async function create(api: Api, body: object = {}) {
  const controller_id = newControllerId()
  const created = await api.post(DEVICES, { controller_id, ...body })
  expect(created).toMatchObject({ status: 201 })
  return { controller_id, id: created.body.device_id as string, token: created.body.token as string }
}

/** A device that has asked to be accepted, as one with a gateway token does. */
async function introduce({ tenant_id }: TestTenant): Promise<string> {
  const credentials = { identity: ddiIdentity(newControllerId()), key: NO_KEY }
  const introduction = { tenant_id, known_id: undefined, dialect: 'ddi', credentials, status: 'pending' } as const
  const id = await server.env.db.transaction((tx) => introduceDevice(tx, introduction, server.env.now()))
  return id ?? ''
}

const versionOf = async ({ tenant_id }: TestTenant): Promise<number | undefined> =>
  (
    await server.env.db.first<{ deployments_version: number }>(sql`
      select deployments_version from tenants where tenant_id = ${tenant_id}`)
  )?.deployments_version

type Versions = { device_version: number; token_generation: number; status: string }
const versionsOf = async ({ tenant_id }: TestTenant, id: string): Promise<Versions> =>
  (await server.env.db.first<Versions>(sql`
    select d.device_version, s.token_generation, s.status from devices d
      join auth_sets s on s.tenant_id = d.tenant_id and s.device_id = d.id
    where d.tenant_id = ${tenant_id} and d.id = ${id}`)) as Versions

const storedToken = async ({ tenant_id }: TestTenant, id: string): Promise<string | null | undefined> =>
  (
    await server.env.db.first<{ target_token_sha256: string | null }>(sql`
      select target_token_sha256 from ddi_devices where tenant_id = ${tenant_id} and device_id = ${id}`)
  )?.target_token_sha256

const lastEvent = async (tenant: TestTenant) => (await eventsOf(server, tenant)).at(-1)
const countEvents = async (tenant: TestTenant) => (await eventsOf(server, tenant)).length

async function limitedTo(tenant: TestTenant, group: string): Promise<Api> {
  const name = `role ${++made}`
  const permission_sets_with_scope = [{ name: 'ManageDevices', scope: { type: 'DeviceGroups', value: [group] } }]
  expect(await tenant.api.post(ROLES, { name, permission_sets_with_scope })).toMatchObject({ status: 201 })
  return (await addUser(server, tenant, [name])).api
}

const FULL = {
  ...{ target_token: true, gateway_token: true, certificate_issuers: ['issuer'], accepts_devices: true },
  ...{ polling_interval_s: 600, busy_polling_interval_s: 10 },
  ...{ device_type_attributes: ['board', 'model'], default_device_type: 'raspberrypi4' },
}

describe('the settings of DDI', () => {
  test('permit no way to authenticate at first', async () => {
    const { api } = await server.tenant()
    const { status, body } = await api.get(SETTINGS)
    expect({ status, body }).toEqual({ status: 200, body: DEFAULT_SETTINGS })
    expect(body).toMatchObject({ target_token: false, gateway_token: false, certificate_issuers: [] })
  })

  test('are replaced as a whole: what is absent gets its default', async () => {
    const { api } = await server.tenant()
    expect(await api.put(SETTINGS, FULL)).toMatchObject(done)
    expect((await api.get(SETTINGS)).body).toEqual(FULL)
    expect(await api.put(SETTINGS, { gateway_token: true })).toMatchObject(done)
    expect((await api.get(SETTINGS)).body).toEqual({ ...DEFAULT_SETTINGS, gateway_token: true })
    expect(await api.put(SETTINGS, {})).toMatchObject(done)
    expect((await api.get(SETTINGS)).body).toEqual(DEFAULT_SETTINGS)
  })

  test('are read again by every process after a change, which is in the audit log', async () => {
    const tenant = await server.tenant()
    const before = (await versionOf(tenant)) ?? 0
    await tenant.api.put(SETTINGS, { gateway_token: true, polling_interval_s: 60 })
    expect(await versionOf(tenant)).toBe(before + 1)
    const lines = [
      '-gateway_token: false',
      '+gateway_token: true',
      '-polling_interval_s: 300',
      '+polling_interval_s: 60',
    ]
    expect(await lastEvent(tenant)).toMatchObject({
      ...{ action: 'update', object: { type: 'settings', id: tenant.tenant_id } },
      change: ['Updated the settings of DDI:', ...lines].join('\n'),
    })
    const events = await countEvents(tenant)
    await tenant.api.put(SETTINGS, { polling_interval_s: 60, gateway_token: true })
    expect(await countEvents(tenant)).toBe(events)
  })

  test('are refused with the member that is wrong', async () => {
    const { api } = await server.tenant()
    await api.put(SETTINGS, FULL)
    for (const [field, ...values] of [
      ['target_token', 'yes', 1, null],
      ['polling_interval_s', 4, 86_400, 7.5, '60'],
      ['busy_polling_interval_s', 0],
      ['certificate_issuers', 'issuer', Array(21).fill('x')],
      ['certificate_issuers.0', [''], [1]],
      ['device_type_attributes.0', ['x'.repeat(257)]],
      ['default_device_type', '', null],
    ] as const)
      for (const value of values)
        expect({ value, ...(await api.put(SETTINGS, { [field.split('.')[0] as string]: value })) }).toMatchObject({
          ...{ value, ...invalid(field) },
        })
    expect(await api.put(SETTINGS, { poling_interval_s: 60 })).toMatchObject({ status: 400 })
    expect((await api.get(SETTINGS)).body).toEqual(FULL)
  })
})

describe('gateway tokens', () => {
  test('are returned once, and listed without the token, oldest first', async () => {
    const tenant = await server.tenant()
    const { api } = tenant
    expect((await api.get(GATEWAY_TOKENS)).body).toEqual([])
    const first = await api.post(GATEWAY_TOKENS, { name: 'plant' })
    expect(first).toMatchObject({ status: 201, body: { name: 'plant', token: expect.stringMatching(DRAWN) } })
    await server.advance(1000)
    const second = await api.post(GATEWAY_TOKENS, { name: 'hawkBit', token: OWN_TOKEN })
    expect(second).toMatchObject({ status: 201, body: { token: OWN_TOKEN } })
    const listed = [first, second].map(({ body: { token: _, ...rest } }) => rest)
    expect((await api.get(GATEWAY_TOKENS)).body).toEqual(listed)
    const stored = await server.env.db.query(sql`
      select token_sha256 from gateway_tokens where tenant_id = ${tenant.tenant_id} order by created_ts`)
    expect(stored).toEqual([first, second].map(({ body }) => ({ token_sha256: hashOf(body.token) })))
  })

  test('are no longer listed once they are revoked', async () => {
    const { api } = await server.tenant()
    const { id } = (await api.post(GATEWAY_TOKENS, { name: 'plant', token: OWN_TOKEN })).body
    expect(await api.delete(`${GATEWAY_TOKENS}/${id.toUpperCase()}`)).toMatchObject(done)
    expect((await api.get(GATEWAY_TOKENS)).body).toEqual([])
    expect(await api.delete(`${GATEWAY_TOKENS}/${id}`)).toMatchObject({
      ...{ status: 404, body: { code: 'gateway_token_not_found' } },
    })
    // Its name and text can be used again.
    expect(await api.post(GATEWAY_TOKENS, { name: 'plant', token: OWN_TOKEN })).toMatchObject({ status: 201 })
  })

  test('are read again by every process after a change, which is in the audit log', async () => {
    const tenant = await server.tenant()
    const before = (await versionOf(tenant)) ?? 0
    const { id } = (await tenant.api.post(GATEWAY_TOKENS, { name: 'plant' })).body
    expect(await versionOf(tenant)).toBe(before + 1)
    const object = { type: 'token', id, token: { name: 'plant' } }
    expect(await lastEvent(tenant)).toMatchObject({ action: 'create', object })
    await tenant.api.delete(`${GATEWAY_TOKENS}/${id}`)
    expect(await versionOf(tenant)).toBe(before + 2)
    expect(await lastEvent(tenant)).toMatchObject({ action: 'revoke', object })
  })

  test('differ in name and text', async () => {
    const tenant = await server.tenant()
    const { api } = tenant
    await api.post(GATEWAY_TOKENS, { name: 'plant', token: OWN_TOKEN })
    const before = [await versionOf(tenant), await countEvents(tenant)]
    expect(await api.post(GATEWAY_TOKENS, { name: 'plant' })).toMatchObject({
      status: 409,
      body: {
        ...{ code: 'gateway_token_name_taken', field: 'name' },
        error: 'A gateway token plant already exists: choose another name.',
      },
    })
    expect(await api.post(GATEWAY_TOKENS, { name: 'other', token: OWN_TOKEN })).toMatchObject({
      status: 409,
      body: {
        ...{ code: 'gateway_token_exists', field: 'token' },
        error: 'The gateway token plant is the same: choose another token.',
      },
    })
    expect([await versionOf(tenant), await countEvents(tenant)]).toEqual(before)
  })

  test(`are ${MAX_GATEWAY_TOKENS} at most, also if many are created at once`, async () => {
    const { api } = await server.tenant()
    const answers = await Promise.all(
      Array.from({ length: MAX_GATEWAY_TOKENS + 4 }, (_, i) => api.post(GATEWAY_TOKENS, { name: `plant ${i}` })),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(MAX_GATEWAY_TOKENS)
    expect((await api.get(GATEWAY_TOKENS)).body).toHaveLength(MAX_GATEWAY_TOKENS)
    expect(await api.post(GATEWAY_TOKENS, { name: 'one more' })).toMatchObject({
      status: 422,
      body: {
        code: 'too_many_gateway_tokens',
        error: `There are ${MAX_GATEWAY_TOKENS} gateway tokens already: revoke one first.`,
      },
    })
  })

  test('are refused with the member that is wrong', async () => {
    const { api } = await server.tenant()
    for (const name of [undefined, '', 'x'.repeat(129), 5])
      expect(await api.post(GATEWAY_TOKENS, { name })).toMatchObject(invalid('name'))
    for (const token of WRONG_TOKENS)
      expect(await api.post(GATEWAY_TOKENS, { name: 'plant', token })).toMatchObject(invalid('token'))
    expect((await api.get(GATEWAY_TOKENS)).body).toEqual([])
    for (const token of [OWN_TOKEN, 'x'.repeat(256)])
      expect(await api.post(GATEWAY_TOKENS, { name: token.slice(0, 20), token })).toMatchObject({ status: 201 })
  })
})

const WRONG_TOKENS = [
  '',
  'x'.repeat(15),
  'x'.repeat(257),
  'a token with blanks',
  'ein-schönes-Wort',
  'a-token-and-a-line\n',
  5,
  null,
]

describe('a DDI device', () => {
  test('is created preauthorized, with a target token', async () => {
    const tenant = await server.tenant()
    const created = await tenant.api.post(DEVICES, { controller_id: 'Press 4, Halle Süd' })
    expect(created).toMatchObject({ status: 201, body: { token: expect.stringMatching(DRAWN) } })
    const { device_id, token } = created.body
    expect(created.headers.get('location')).toBe(at(device_id))
    const found = await tenant.api.get(at(device_id))
    expect({ status: found.status, body: found.body }).toEqual({
      status: 200,
      body: {
        ...{ device_id, controller_id: 'Press 4, Halle Süd' },
        ...{ has_target_token: true, wants_config_data: true },
      },
    })
    expect(await storedToken(tenant, device_id)).toBe(hashOf(token))
    const identity_data = { hawkbit_id: 'Press 4, Halle Süd' }
    expect((await tenant.api.get(`${DEVAUTH}/devices/${device_id}`)).body).toMatchObject({
      ...{ status: 'preauthorized', dialect: 'ddi', identity_data },
      auth_sets: [{ status: 'preauthorized', pubkey: '', identity_data }],
    })
    expect(await lastEvent(tenant)).toMatchObject({
      action: 'preauthorize',
      object: { type: 'device', id: device_id, device: { identity_data: JSON.stringify(identity_data) } },
    })
  })

  test('may get the token that it has already', async () => {
    const tenant = await server.tenant()
    const { id, token } = await create(tenant.api, { token: OWN_TOKEN })
    expect(token).toBe(OWN_TOKEN)
    expect(await storedToken(tenant, id)).toBe(hashOf(OWN_TOKEN))
  })

  test('is created once for each controller ID, which is compared exactly', async () => {
    const tenant = await server.tenant()
    const { api } = tenant
    const { id, token } = await create(api, { controller_id: 'Pump' })
    expect(await api.post(DEVICES, { controller_id: 'Pump' })).toMatchObject({
      status: 409,
      body: { code: 'device_exists', id, dialect: 'ddi', identity_data: { hawkbit_id: 'Pump' } },
    })
    expect(await storedToken(tenant, id)).toBe(hashOf(token))
    for (const controller_id of ['pump', 'PUMP', 'Pump ', ' Pump'])
      expect(await api.post(DEVICES, { controller_id })).toMatchObject({ status: 201 })
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.post(DEVICES, { controller_id: 'at once' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
  })

  test('is another device than one that claims its ID by the protocol of Mender', async () => {
    const tenant = await server.tenant()
    const { id } = await create(tenant.api, { controller_id: 'Pump' })
    const identity = { hawkbit_id: 'Pump' }
    const auth = authOf(server, tenant)
    expect(await auth.ask(ed25519(), identity)).toMatchObject({ status: 401 })
    expect(await auth.preauthorize(ed25519(), identity)).toMatchObject({ status: 409, body: { dialect: 'mender' } })
    const devices = (await auth.devices()).map((one) => [one.dialect, one.id === id, one.auth_sets.length])
    expect(devices.sort()).toEqual([
      ['ddi', true, 1],
      ['mender', false, 1],
    ])
  })

  test('is refused with the member that is wrong', async () => {
    const { api } = await server.tenant()
    for (const controller_id of [undefined, '', 'x'.repeat(257), 'a/b', 'a\nb', 'a\u007fb', 'a\u0085b', 5])
      expect(await api.post(DEVICES, { controller_id })).toMatchObject(invalid('controller_id'))
    for (const token of WRONG_TOKENS)
      expect(await api.post(DEVICES, { controller_id: 'x', token })).toMatchObject(invalid('token'))
    expect((await api.get(`${DEVAUTH}/devices`)).body).toEqual([])
    for (const controller_id of ['x'.repeat(256), '💥'.repeat(256), '%2e%2e', '..'])
      expect(await api.post(DEVICES, { controller_id })).toMatchObject({ status: 201 })
  })

  test('is found without a row of its own: it has no target token, and is asked for its attributes', async () => {
    const tenant = await server.tenant()
    const id = await introduce(tenant)
    expect((await tenant.api.get(at(id))).body).toMatchObject({ has_target_token: false, wants_config_data: true })
    expect(await tenant.api.delete(`${at(id)}/target_token`)).toMatchObject(done)
    expect(await tenant.api.post(`${at(id)}/config_data`)).toMatchObject(done)
    expect((await tenant.api.get(at(id))).body).toMatchObject({ has_target_token: false, wants_config_data: true })
  })

  test('is found with its newest action', async () => {
    const tenant = await server.tenant()
    const { id } = await create(tenant.api)
    const [created, cancel_since] = ['2030-01-01T00:00:00.000Z', '2030-01-02T00:00:00.000Z']
    const insert = (action_id: number, columns: { closed: string | null; cancel_since: string | null }) =>
      server.env.db.query(sql`
        insert into ddi_actions (tenant_id, device_id, action_id, deployment_id, device_deployment_id, attempt,
          artifact_id, created, downloaded, cancel_since, closed)
        values (${tenant.tenant_id}, ${id}, ${action_id}, 'd', ${`dd ${action_id}`}, 2, 'a', ${created}, true,
          ${columns.cancel_since}, ${columns.closed})`)
    await insert(9, { closed: cancel_since, cancel_since })
    await insert(10, { closed: null, cancel_since: null })
    const action = async () => (await tenant.api.get(at(id))).body.action
    expect(await action()).toEqual({ id: 10, deployment_id: 'd', attempt: 2, created, downloaded: true })
    await insert(11, { closed: cancel_since, cancel_since })
    expect(await action()).toMatchObject({ id: 11, cancel_since, closed: cancel_since })
  })
})

describe('a target token', () => {
  test('is renewed: what was authenticated by the old one ends, and the device keeps its status', async () => {
    const tenant = await server.tenant()
    const { id, token: old } = await create(tenant.api)
    const before = await versionsOf(tenant, id)
    const renewed = await tenant.api.post(`${at(id)}/target_token`)
    expect(renewed).toMatchObject({ status: 201, body: { token: expect.stringMatching(DRAWN) } })
    expect(renewed.body.token).not.toBe(old)
    expect(await storedToken(tenant, id)).toBe(hashOf(renewed.body.token))
    const after = await versionsOf(tenant, id)
    expect(after).toMatchObject({ status: 'preauthorized', token_generation: before.token_generation + 1 })
    expect(after.device_version).toBeGreaterThan(before.device_version)
    expect(await lastEvent(tenant)).toMatchObject({
      ...{ action: 'update', object: { type: 'device', id }, change: 'Set the target token' },
    })
    expect(await tenant.api.post(`${at(id)}/target_token`, { token: OWN_TOKEN })).toMatchObject({
      ...{ status: 201, body: { token: OWN_TOKEN } },
    })
    expect(await storedToken(tenant, id)).toBe(hashOf(OWN_TOKEN))
  })

  test('is given to an accepted device, and removed', async () => {
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    const id = await introduce(tenant)
    const [{ auth_sets }] = await auth.devices()
    expect(await auth.setStatus(id, auth_sets[0].id, 'accepted')).toMatchObject(done)
    expect(await tenant.api.post(`${at(id)}/target_token`, {})).toMatchObject({ status: 201 })
    expect((await tenant.api.get(at(id))).body).toMatchObject({ has_target_token: true })
    const before = await versionsOf(tenant, id)
    expect(await tenant.api.delete(`${at(id)}/target_token`)).toMatchObject(done)
    expect(await storedToken(tenant, id)).toBeNull()
    expect((await tenant.api.get(at(id))).body).toMatchObject({ has_target_token: false })
    const after = await versionsOf(tenant, id)
    expect(after).toMatchObject({ status: 'accepted', token_generation: before.token_generation + 1 })
    expect(after.device_version).toBeGreaterThan(before.device_version)
    expect(await lastEvent(tenant)).toMatchObject({
      ...{ action: 'revoke', object: { type: 'device', id }, change: 'Removed the target token' },
    })
  })

  test('is refused if it is not one, and the device keeps its own', async () => {
    const tenant = await server.tenant()
    const { id, token } = await create(tenant.api)
    for (const wrong of WRONG_TOKENS)
      expect(await tenant.api.post(`${at(id)}/target_token`, { token: wrong })).toMatchObject({ status: 400 })
    expect(await storedToken(tenant, id)).toBe(hashOf(token))
  })
})

test('a device is asked for its attributes, and no process goes on to take it for idle', async () => {
  const tenant = await server.tenant()
  const { id } = await create(tenant.api)
  await server.env.db.query(sql`
    update ddi_devices set wants_config_data = false where tenant_id = ${tenant.tenant_id} and device_id = ${id}`)
  const before = await versionsOf(tenant, id)
  expect((await tenant.api.get(at(id))).body).toMatchObject({ wants_config_data: false })
  expect(await tenant.api.post(`${at(id)}/config_data`)).toMatchObject(done)
  expect((await tenant.api.get(at(id))).body).toMatchObject({ wants_config_data: true, has_target_token: true })
  expect(await versionsOf(tenant, id)).toEqual({ ...before, device_version: before.device_version + 1 })
  expect(await lastEvent(tenant)).toMatchObject({
    ...{ action: 'update', object: { type: 'device', id }, change: 'Requested config data' },
  })
})

/** The four routes of a device. */
const callsOf = (api: Api, id: string) => [
  api.get(at(id)),
  api.post(`${at(id)}/target_token`),
  api.delete(`${at(id)}/target_token`),
  api.post(`${at(id)}/config_data`),
]

describe('a device that is', () => {
  test('one of Mender has nothing of DDI', async () => {
    const tenant = await server.tenant()
    const { id } = await authOf(server, tenant).admitted()
    const events = await countEvents(tenant)
    for (const answer of await Promise.all(callsOf(tenant.api, id)))
      expect(answer).toMatchObject({
        status: 409,
        body: {
          code: 'not_a_ddi_device',
          error: "The device speaks Mender's protocol: choose one whose dialect is ddi.",
        },
      })
    expect(await countEvents(tenant)).toBe(events)
  })

  test('unknown, or of another tenant, is not found', async () => {
    const [tenant, other] = [await server.tenant(), await server.tenant()]
    const { id } = await create(other.api)
    for (const unknown of [id, NOBODY, 'nobody'])
      for (const answer of await Promise.all(callsOf(tenant.api, unknown))) expect(answer).toMatchObject(notFound)
  })

  test('outside of the groups of a role is not found, one inside is changed', async () => {
    const tenant = await server.tenant()
    const user = await limitedTo(tenant, 'north')
    const auth = authOf(server, tenant)
    const [inside, outside] = [await introduce(tenant), await introduce(tenant)]
    for (const { id, auth_sets } of await auth.devices()) await auth.setStatus(id, auth_sets[0].id, 'accepted')
    await tenant.api.patch(`${GROUPS}/north/devices`, [inside])
    for (const answer of await Promise.all(callsOf(user, outside))) expect(answer).toMatchObject(notFound)
    const answers = await Promise.all(callsOf(user, inside))
    expect(answers.map(({ status }) => status)).toEqual([200, 201, 204, 204])
  })
})

test('what concerns all devices requires a role without a limit to groups', async () => {
  const tenant = await server.tenant()
  const { id } = (await tenant.api.post(GATEWAY_TOKENS, { name: 'plant' })).body
  const user = await limitedTo(tenant, 'north')
  const before = [await versionOf(tenant), await countEvents(tenant)]
  expect(await user.put(SETTINGS, FULL)).toMatchObject(forbidden)
  expect(await user.post(GATEWAY_TOKENS, { name: 'other' })).toMatchObject(forbidden)
  expect(await user.delete(`${GATEWAY_TOKENS}/${id}`)).toMatchObject(forbidden)
  expect(await user.post(DEVICES, { controller_id: 'Pump' })).toMatchObject(forbidden)
  expect([await versionOf(tenant), await countEvents(tenant)]).toEqual(before)
  expect((await user.get(SETTINGS)).body).toEqual(DEFAULT_SETTINGS)
  expect((await user.get(GATEWAY_TOKENS)).body).toMatchObject([{ id, name: 'plant' }])
})

test('gateway tokens and settings of another tenant are out of reach', async () => {
  const [tenant, other] = [await server.tenant(), await server.tenant()]
  const { id } = (await other.api.post(GATEWAY_TOKENS, { name: 'plant', token: OWN_TOKEN })).body
  await other.api.put(SETTINGS, FULL)
  const { controller_id } = await create(other.api)
  expect(await tenant.api.delete(`${GATEWAY_TOKENS}/${id}`)).toMatchObject({ status: 404 })
  expect((await tenant.api.get(GATEWAY_TOKENS)).body).toEqual([])
  expect((await tenant.api.get(SETTINGS)).body).toEqual(DEFAULT_SETTINGS)
  // Names, tokens and controller IDs are those of a tenant.
  expect(await tenant.api.post(GATEWAY_TOKENS, { name: 'plant', token: OWN_TOKEN })).toMatchObject({ status: 201 })
  expect(await tenant.api.post(DEVICES, { controller_id })).toMatchObject({ status: 201 })
  expect((await other.api.get(GATEWAY_TOKENS)).body).toMatchObject([{ id }])
})

describe('device authentication, for a DDI device', () => {
  test('shows, accepts, rejects and decommissions it', async () => {
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    const id = await introduce(tenant)
    const [device] = await auth.devices('status=pending')
    expect(device).toMatchObject({ id, status: 'pending', dialect: 'ddi', auth_sets: [{ pubkey: '' }] })
    const set_id = device.auth_sets[0].id
    for (const status of ['accepted', 'rejected', 'accepted', 'pending'] as const) {
      expect(await auth.setStatus(id, set_id, status)).toMatchObject(done)
      expect((await auth.devices())[0]).toMatchObject({ status, auth_sets: [{ status }] })
    }
    const bulk = (action: string) => tenant.api.post(`${DEVAUTH}/devices/bulk`, { action, device_ids: [id] })
    expect((await bulk('accept')).body).toMatchObject({ changed: 1 })
    expect((await bulk('reject')).body).toMatchObject({ changed: 1 })
    expect(await tenant.api.post(`${at(id)}/target_token`)).toMatchObject({ status: 201 })
    expect(await auth.decommission(id)).toMatchObject(done)
    expect(await auth.devices()).toEqual([])
    expect(await storedToken(tenant, id)).toBeUndefined()
    expect(await tenant.api.get(at(id))).toMatchObject(notFound)
  })

  test('deletes its auth set: a target token can be given to it all the same', async () => {
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    const id = await introduce(tenant)
    const [device] = await auth.devices()
    expect(await auth.deleteSet(id, device.auth_sets[0].id)).toMatchObject(done)
    expect((await auth.devices())[0]).toMatchObject({ status: 'noauth', dialect: 'ddi', auth_sets: [] })
    expect(await tenant.api.post(`${at(id)}/target_token`)).toMatchObject({ status: 201 })
  })

  test('creates it again under the same controller ID once it has been decommissioned', async () => {
    const tenant = await server.tenant()
    const { id, controller_id } = await create(tenant.api)
    await authOf(server, tenant).decommission(id)
    const again = await create(tenant.api, { controller_id })
    expect(again.id).not.toBe(id)
  })
})
