import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { idle_polls } from '../../src/http/traffic/fast-path.ts'
import { DDI, deviceIdOf, enrolDdi, gatewayOf, linksOf, saveDdiSettings, uploadFile } from '../support/ddi.ts'
import { newDdiDevice } from '../support/ddi-device.ts'
import { deploy } from '../support/deploy.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()
const device = (tenant: Pick<TestTenant, 'tenant_id'>, controller_id: string, authorization?: string) =>
  newDdiDevice(server, tenant, { controller_id, authorization })
const deviceOf = async (tenant: TestTenant, controller_id: string) => {
  const id = await deviceIdOf(tenant, controller_id)
  return (await tenant.api.get(`/api/management/v2/devauth/devices/${id}`)).body
}
const decide = async (tenant: TestTenant, controller_id: string, status: 'accepted' | 'rejected') => {
  const { id, auth_sets } = await deviceOf(tenant, controller_id)
  return tenant.api.put(`/api/management/v2/devauth/devices/${id}/auth/${auth_sets[0].id}/status`, { status })
}
/** So often that the fast path has answered, too. */
const statusesOf = async (one: { poll(): Promise<{ status: number }> }) => {
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await one.poll()).status)
  return [...new Set(statuses)]
}

describe('a gateway token', () => {
  test('creates a pending device, which may report its attributes and waits for a user', async () => {
    const tenant = await server.tenant()
    const authorization = await gatewayOf(tenant, { accepts_devices: false })
    const one = device(tenant, 'dev-1', authorization)
    const { status, headers, body } = await one.poll()
    expect(status).toBe(200)
    expect(headers['content-length']).toBe(String(JSON.stringify(body).length))
    expect(body).toEqual({
      config: { polling: { sleep: expect.stringMatching(/^00:00:\d\d$/) } },
      _links: { configData: { href: `${one.root}/configData` } },
    })
    expect(await one.putConfigData({ device_type: 'board', serial: '7' })).toMatchObject({
      status: 200,
      body: undefined,
    })
    expect(await linksOf(one)).toEqual({})
    expect(await deviceOf(tenant, 'dev-1')).toMatchObject({
      ...{ status: 'pending', dialect: 'ddi', identity_data: { hawkbit_id: 'dev-1' } },
      auth_sets: [{ pubkey: '', status: 'pending' }],
    })
    expect((await decide(tenant, 'dev-1', 'accepted')).status).toBe(204)
    expect(await statusesOf(one)).toEqual([200])
    expect((await decide(tenant, 'dev-1', 'rejected')).status).toBe(204)
    expect(await statusesOf(one)).toEqual([401])
  })

  test('may accept new devices at once, up to the device limit', async () => {
    const tenant = await server.tenant()
    const authorization = await gatewayOf(tenant)
    await device(tenant, 'dev-1', authorization).poll()
    expect(await deviceOf(tenant, 'dev-1')).toMatchObject({ status: 'accepted' })
  })

  test('is revoked for the next poll, also of a device that polls by another credential', async () => {
    const tenant = await server.tenant()
    const authorization = await gatewayOf(tenant)
    const one = await enrolDdi(server, tenant, { authorization })
    const { body } = await tenant.api.post(`${DDI}/devices/${one.id}/target_token`)
    const other = device(tenant, one.controller_id, `TargetToken ${body.token}`)
    for (const each of [one, other]) expect(await statusesOf(each)).toEqual([200])
    const [{ id }] = (await tenant.api.get(`${DDI}/gateway_tokens`)).body
    expect((await tenant.api.delete(`${DDI}/gateway_tokens/${id}`)).status).toBe(204)
    expect(await statusesOf(other)).toEqual([200])
    expect(await statusesOf(one)).toEqual([401])
  })

  test('is worth nothing while gateway tokens are switched off, or in another tenant', async () => {
    const [tenant, other] = [await server.tenant(), await server.tenant()]
    const authorization = await gatewayOf(tenant)
    await gatewayOf(other)
    const one = await enrolDdi(server, tenant, { authorization })
    expect(await statusesOf(one)).toEqual([200])
    expect(await statusesOf(device(other, one.controller_id, authorization))).toEqual([401])
    await saveDdiSettings(tenant, { target_token: true })
    expect(await statusesOf(one)).toEqual([401])
  })
})

describe('a target token', () => {
  test('is that of one device, and ends when it is renewed or removed', async () => {
    const tenant = await server.tenant()
    await saveDdiSettings(tenant, { target_token: true })
    const { body } = await tenant.api.post(`${DDI}/devices`, { controller_id: 'dev-1' })
    await tenant.api.post(`${DDI}/devices`, { controller_id: 'dev-2' })
    const one = device(tenant, 'dev-1', `TargetToken ${body.token}`)
    expect(await statusesOf(one)).toEqual([200])
    expect(await deviceOf(tenant, 'dev-1')).toMatchObject({ status: 'accepted' })
    expect(await statusesOf(device(tenant, 'dev-2', `TargetToken ${body.token}`))).toEqual([401])
    expect(await statusesOf(device(tenant, 'dev-1', `GatewayToken ${body.token}`))).toEqual([401])
    await one.putConfigData({ device_type: 'board' })
    expect(await statusesOf(one)).toEqual([200])
    const renewed = await tenant.api.post(`${DDI}/devices/${body.device_id}/target_token`)
    expect(await statusesOf(one)).toEqual([401])
    const again = device(tenant, 'dev-1', `TargetToken ${renewed.body.token}`)
    expect(await statusesOf(again)).toEqual([200])
    await tenant.api.delete(`${DDI}/devices/${body.device_id}/target_token`)
    expect(await statusesOf(again)).toEqual([401])
  })
})

test('a tenant is named by its id or its name, in any case, and links repeat it as it came', async () => {
  const tenant = await server.tenant()
  const authorization = await gatewayOf(tenant)
  await server.env.db.query(sql`update tenants set name = 'Acme, Ltd.' where tenant_id = ${tenant.tenant_id}`)
  for (const name of [tenant.tenant_id.toUpperCase(), 'Acme, Ltd.', 'ACME, LTD.']) {
    const one = device({ tenant_id: name }, 'dev-1', authorization)
    expect(await linksOf(one)).toEqual({ configData: `${one.root}/configData` })
  }
  expect((await device({ tenant_id: 'nobody' }, 'dev-1', authorization).poll()).status).toBe(401)
})

test.each([
  ['no credential', undefined],
  ['a token of a user', 'Bearer a.b.c'],
  ['an unknown token', 'TargetToken 0123456789abcdef0123456789abcdef'],
  ['no token', 'GatewayToken '],
])('a request with %s is refused with 401', async (_, authorization) => {
  const tenant = await server.tenant()
  await gatewayOf(tenant)
  expect(await device(tenant, 'dev-1', authorization).poll()).toMatchObject({
    status: 401,
    body: { code: 'unauthorized' },
  })
})

test('wrong tokens are limited, and right ones are not', async () => {
  const tenant = await server.tenant()
  const authorization = await gatewayOf(tenant)
  const one = await enrolDdi(server, tenant, { authorization })
  const wrong = device(tenant, one.controller_id, 'TargetToken 0123456789abcdef0123456789abcdef')
  const statuses = []
  for (let i = 0; i < 13; i++) statuses.push((await wrong.poll()).status)
  expect(statuses).toEqual([...Array(10).fill(401), 429, 429, 429])
  expect(await statusesOf(one)).toEqual([200])
  server.advance(31_000)
  expect((await wrong.poll()).status).toBe(401)
})

describe('behind a trusted proxy', () => {
  const proxied = useServer({ trust_proxy: ['loopback'] })

  test('wrong tokens are limited by the network, however many addresses of it they come from', async () => {
    const tenant = await proxied.tenant()
    const authorization = await gatewayOf(tenant)
    let address = 0
    const poll = (token: string, name = tenant.tenant_id) =>
      newDdiDevice(
        proxied,
        { tenant_id: name },
        {
          ...{ controller_id: 'dev-1', authorization: token },
          headers: { 'x-forwarded-for': `2001:db8::${++address}` },
        },
      ).poll()
    // The tenant in any case is the same tenant.
    for (let i = 0; i < 11; i++) {
      const name = i % 2 === 0 ? tenant.tenant_id : tenant.tenant_id.toUpperCase()
      await poll('TargetToken 0123456789abcdef0123456789abcdef', name)
    }
    expect((await poll(authorization)).status).toBe(429)
  })
})

test('a token that was right is limited as any other once it is wrong', async () => {
  const tenant = await server.tenant()
  const token = `GatewayToken ${'t'.repeat(32)}`
  const authorization = await gatewayOf(tenant)
  const create = () => tenant.api.post(`${DDI}/gateway_tokens`, { name: 'own', token: token.split(' ')[1] })
  const { body } = await create()
  const one = device(tenant, 'dev-1', token)
  expect(await statusesOf(one)).toEqual([200])
  await tenant.api.delete(`${DDI}/gateway_tokens/${body.id}`)
  const statuses = []
  for (let i = 0; i < 12; i++) statuses.push((await one.poll()).status)
  expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
  await create()
  expect((await one.poll()).status).toBe(429)
  server.advance(31_000)
  expect(await statusesOf(one)).toEqual([200])
  expect(await statusesOf(device(tenant, 'dev-2', authorization))).toEqual([200])
})

test("a Mender device that claims a controller's identity is another device", async () => {
  const tenant = await server.tenant()
  const authorization = await gatewayOf(tenant)
  await device(tenant, 'dev-1', authorization).poll()
  const preauthorized = await tenant.api.post('/api/management/v2/devauth/devices', {
    identity_data: { hawkbit_id: 'dev-1' },
    pubkey: (await import('node:crypto')).generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }).publicKey,
  })
  expect(preauthorized.status).toBe(201)
  const { body } = await tenant.api.get('/api/management/v2/devauth/devices')
  expect(body.map((one: { dialect: string }) => one.dialect).sort()).toEqual(['ddi', 'mender'])
})

test('config data becomes the inventory: merged, replaced or removed', async () => {
  const tenant = await server.tenant()
  const authorization = await gatewayOf(tenant, { device_type_attributes: ['board'] })
  const one = await enrolDdi(server, tenant, { authorization, data: { board: 'b1', a: '1' } })
  const inventory = async () => {
    const { body } = await tenant.api.get(`/api/management/v1/inventory/devices/${one.id}`)
    const own = body.attributes.filter(({ scope }: { scope: string }) => scope === 'inventory')
    return Object.fromEntries(own.map(({ name, value }: { name: string; value: string }) => [name, value]))
  }
  expect(await inventory()).toEqual({ board: 'b1', a: '1', device_type: 'b1' })
  await one.putConfigData({ b: '2' }, 'merge')
  expect(await inventory()).toEqual({ board: 'b1', a: '1', b: '2', device_type: 'b1' })
  await one.putConfigData({ a: '' }, 'remove')
  expect(await inventory()).toEqual({ board: 'b1', b: '2', device_type: 'b1' })
  await one.putConfigData({ board: 'b2' }, 'replace')
  expect(await inventory()).toEqual({ board: 'b2', device_type: 'b2' })
  expect(await one.putConfigData({})).toMatchObject({ status: 400 })
  expect(await linksOf(one)).toEqual({})
  await tenant.api.post(`${DDI}/devices/${one.id}/config_data`)
  expect(await linksOf(one)).toEqual({ configData: `${one.root}/configData` })
})

test('a device that has no attributes to send is asked five times, and then polls as others do', async () => {
  const tenant = await server.tenant()
  const authorization = await gatewayOf(tenant, { default_device_type: 'board', polling_interval_s: 4000 })
  const one = device(tenant, 'dev-1', authorization)
  const polls = []
  for (let i = 0; i < 7; i++) polls.push((await one.poll()).body)
  const asked = polls.map(({ _links, config }) => [
    Object.keys(_links).length,
    config.polling.sleep.startsWith('00:00'),
  ])
  expect(asked).toEqual([...Array(5).fill([1, true]), [0, false], [0, false]])
})

test('an idle device polls at the interval of the settings, varied by at most a tenth', async () => {
  const tenant = await server.tenant()
  const authorization = await gatewayOf(tenant, { polling_interval_s: 4000 })
  const one = await enrolDdi(server, tenant, { authorization })
  const seconds = []
  for (let i = 0; i < 12; i++) {
    const { sleep } = (await one.poll()).body.config.polling
    expect(sleep).toMatch(/^\d\d:\d\d:\d\d$/)
    const [h, m, s] = sleep.split(':').map(Number)
    seconds.push(h * 3600 + m * 60 + s)
  }
  expect(Math.min(...seconds)).toBeGreaterThanOrEqual(3600)
  expect(Math.max(...seconds)).toBeLessThanOrEqual(4400)
  expect(new Set(seconds).size).toBeGreaterThan(1)
  await saveDdiSettings(tenant, { gateway_token: true, polling_interval_s: 10 })
  expect((await one.poll()).body.config.polling.sleep).toMatch(/^00:00:(09|10|11)$/)
})

test('an address below the device that does not exist is a clean 404', async () => {
  const tenant = await server.tenant()
  const authorization = await gatewayOf(tenant)
  const one = await enrolDdi(server, tenant, { authorization })
  for (const path of ['confirmationBase', 'deploymentBase', 'x/y/z', 'deploymentBase/x', 'cancelAction/99999999999'])
    expect(await one.deployment(`${one.root}/${path}`), path).toMatchObject({
      status: 404,
      body: { error: expect.anything() },
    })
})

describe('a client certificate', () => {
  const proxied = useServer({ trust_proxy: ['loopback'] })
  const poll = (tenant: TestTenant, headers: Record<string, string>, url = proxied.url) =>
    newDdiDevice({ url }, tenant, { controller_id: 'dev-1', headers }).poll()
  const CERTIFICATE = { 'x-ssl-client-cn': 'dev-1', 'x-ssl-issuer-hash-1': 'AB12' }

  test('of a trusted issuer that names the device is accepted from a trusted proxy', async () => {
    const tenant = await proxied.tenant()
    expect((await poll(tenant, CERTIFICATE)).status).toBe(401)
    await saveDdiSettings(tenant, { certificate_issuers: ['ab12'] })
    expect((await poll(tenant, CERTIFICATE)).status).toBe(200)
    expect((await poll(tenant, { 'x-controller-id': 'dev-1', 'x-authority-1': 'AB12' })).status).toBe(200)
    const wrong = [
      { ...CERTIFICATE, 'x-ssl-client-cn': 'dev-2' },
      { ...CERTIFICATE, 'x-ssl-issuer-hash-1': 'AB13' },
      { 'x-ssl-client-cn': 'dev-1' },
      { 'x-ssl-client-cn': 'dev-1', 'x-authority': 'AB12' },
      // The proxy sets the one, its client the other.
      { ...CERTIFICATE, 'x-controller-id': 'dev-1', 'x-authority': 'AB12' },
    ]
    for (const headers of wrong) expect((await poll(tenant, headers)).status, JSON.stringify(headers)).toBe(401)
  })

  test('is worth nothing from anyone else', async () => {
    const tenant = await server.tenant()
    await saveDdiSettings(tenant, { certificate_issuers: ['ab12'] })
    expect((await poll(tenant, CERTIFICATE, server.url)).status).toBe(401)
  })
})

test('a device that is removed while it polls is refused', async () => {
  const tenant = await server.tenant()
  const one = await enrolDdi(server, tenant, { authorization: await gatewayOf(tenant) })
  await uploadFile(tenant)
  await deploy(tenant.api, { devices: [one.id] })
  const removing = new pg.Client({ connectionString: server.database_url })
  await removing.connect()
  await removing.query('begin')
  await removing.query('delete from devices where id = $1', [one.id])
  const polled = one.poll()
  await sleep(500)
  await removing.query('commit')
  await removing.end()
  expect(await polled).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
})

test('idle polls are answered without the routes, and notice a change at once', async () => {
  const tenant = await server.tenant()
  const authorization = await gatewayOf(tenant)
  const one = await enrolDdi(server, tenant, { authorization })
  const fast = async () => idle_polls.value
  await linksOf(one)
  const before = await fast()
  for (let i = 0; i < 9; i++) expect(await linksOf(one)).toEqual({})
  expect((await fast()) - before).toBeGreaterThanOrEqual(4)
  await tenant.api.post(`${DDI}/devices/${one.id}/config_data`)
  expect(Object.keys(await linksOf(one))).toEqual(['configData'])
})

test('a path that the database cannot look up is a 401', async () => {
  const headers = { authorization: 'GatewayToken x' }
  for (const path of ['/%00/controller/v1/dev-1', '/DEFAULT/controller/v1/a%00b'])
    expect([path, (await fetch(server.url + path, { headers })).status]).toEqual([path, 401])
})

test('the device type follows the settings, also of devices that were given another', async () => {
  const tenant = await server.tenant()
  const settings = { default_device_type: 'wrong', device_type_attributes: ['model'] }
  const authorization = await gatewayOf(tenant, settings)
  const silent = device(tenant, 'dev-1', authorization)
  for (let i = 0; i < 6; i++) await silent.poll()
  const one = await enrolDdi(server, tenant, { authorization, data: { board: 'b1' } })
  const typeOf = async (controller_id: string) => {
    const { body } = await tenant.api.get(
      `/api/management/v1/inventory/devices/${await deviceIdOf(tenant, controller_id)}`,
    )
    return body.attributes.find(({ name }: { name: string }) => name === 'device_type')?.value
  }
  const typesOf = async () => [await typeOf('dev-1'), await typeOf(one.controller_id)]
  expect(await typesOf()).toEqual(['wrong', 'wrong'])
  await saveDdiSettings(tenant, {
    ...{ gateway_token: true, default_device_type: 'right', device_type_attributes: ['board'] },
  })
  for (let i = 0; i < 6; i++) await silent.poll()
  expect(Object.keys(await linksOf(one))).toEqual(['configData'])
  await one.putConfigData({ board: 'b1' })
  expect(await linksOf(one)).toEqual({})
  expect(await typesOf()).toEqual(['right', 'b1'])
})
