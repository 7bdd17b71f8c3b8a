import { request } from 'node:http'
import { beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { recordCheckIn } from '../../src/inventory/attributes/check-ins.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { type Api, openApi } from '../support/api.ts'
import { setCheckIn } from '../support/check-in.ts'
import { cloneDatabase } from '../support/clone-database.ts'
import { enrol, newDevice } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { startServer, type TestTenant } from '../support/server.ts'

const server = useServer()
const tenant = useTenant(server)

const ATTRIBUTES = '/api/devices/v1/inventory/device/attributes'
const DEVICES = '/api/management/v1/inventory/devices'
const GROUPS = '/api/management/v1/inventory/groups'

const enrolOne = async (attributes = {}) => (await enrol(server, tenant, 1, attributes))[0] as SimulatedDevice
const asDevice = (device: SimulatedDevice): Api => openApi(server.url, device.token)
const list = (values: Record<string, unknown>) => Object.entries(values).map(([name, value]) => ({ name, value }))

// biome-ignore lint/suspicious/noExplicitAny: JSON
const scopeOf = (device: any, scope: string) =>
  Object.fromEntries(
    device.attributes
      .filter((one: { scope: string }) => one.scope === scope)
      .map(({ name, value }: { name: string; value: unknown }) => [name, value]),
  )
const stored = async (id: string) => (await tenant.api.get(`${DEVICES}/${id}`)).body
const inventoryOf = async (device: SimulatedDevice) => scopeOf(await stored(device.id), 'inventory')
const versionOf = async ({ id }: SimulatedDevice) => {
  const row = await server.env.db.first<{ v: number }>(sql`select device_version as v from devices where id = ${id}`)
  return row?.v ?? 0
}

describe('a device', () => {
  test('adds attributes by PATCH and replaces all of them by PUT, each with an empty 200', async () => {
    const device = await enrolOne({ a: '1' })
    const api = asDevice(device)
    const response = await api.patch(ATTRIBUTES, list({ b: ['x', 'y'], n: 7, 'odd "name" \\ 😀': '' }))
    expect([response.status, response.text]).toEqual([200, ''])
    expect(await inventoryOf(device)).toEqual({ a: '1', b: ['x', 'y'], n: 7, 'odd "name" \\ 😀': '' })
    expect(await api.put(ATTRIBUTES, list({ c: [1, 2.5] }))).toMatchObject({ status: 200, text: '' })
    expect(await inventoryOf(device)).toEqual({ c: [1, 2.5] })
  })

  test('may send the list chunked, without Content-Length', async () => {
    const device = await enrolOne()
    const status = await new Promise((resolve, reject) => {
      const call = request(
        server.url + ATTRIBUTES,
        { method: 'PUT', headers: { authorization: `Bearer ${device.token}`, 'content-type': 'application/json' } },
        (response) => resolve(response.resume().statusCode),
      )
      call.on('error', reject)
      call.write('[{"name":"chunked",')
      setTimeout(() => call.end('"value":"yes"}]'), 20)
    })
    expect(status).toBe(200)
    expect(await inventoryOf(device)).toEqual({ chunked: 'yes' })
  })

  test('writes to the scope inventory only, whatever scope it names', async () => {
    const device = await enrolOne()
    await asDevice(device).patch(ATTRIBUTES, [
      { name: 'status', value: 'rejected', scope: 'identity' },
      { name: 'group', value: 'admins', scope: 'system' },
    ])
    const shown = await stored(device.id)
    expect(scopeOf(shown, 'inventory')).toEqual({ status: 'rejected', group: 'admins' })
    expect(scopeOf(shown, 'identity')).toMatchObject({ status: 'accepted', ...device.identity })
    expect(scopeOf(shown, 'system')).not.toHaveProperty('group')
  })

  test('keeps the description of an attribute until it replaces the list', async () => {
    const device = await enrolOne()
    const api = asDevice(device)
    await api.put(ATTRIBUTES, [{ name: 'a', value: '1', description: 'first' }])
    await api.patch(ATTRIBUTES, list({ a: '2', b: '3' }))
    expect((await stored(device.id)).attributes).toContainEqual({
      ...{ name: 'a', value: '2', scope: 'inventory', description: 'first' },
    })
    await api.put(ATTRIBUTES, list({ a: '2' }))
    expect((await stored(device.id)).attributes).toContainEqual({ name: 'a', value: '2', scope: 'inventory' })
  })

  test('gets a new version and time if a report contains changes, but not if it repeats the last one', async () => {
    const device = await enrolOne({ a: '1' })
    const version = await versionOf(device)
    const { updated_ts } = await stored(device.id)
    await asDevice(device).put(ATTRIBUTES, list({ a: '1' }))
    await asDevice(device).patch(ATTRIBUTES, [])
    expect([await versionOf(device), (await stored(device.id)).updated_ts]).toEqual([version, updated_ts])
    await asDevice(device).put(ATTRIBUTES, list({ a: '2' }))
    expect(await versionOf(device)).toBe(version + 1)
    expect((await stored(device.id)).updated_ts > updated_ts).toBe(true)
  })

  test('has a check-in time from reports and polls, to ten minutes, without a write for each request', async () => {
    const device = await enrolOne({ a: '1' })
    const seen = async () => (await stored(device.id)).check_in_time
    const steps = [
      () => asDevice(device).put(ATTRIBUTES, list({ a: '1' })),
      () => device.next({ artifact_name: 'a', device_type: 'b' }),
      () => device.next({ artifact_name: 'a', device_type: 'b' }),
    ]
    for (const step of steps) {
      await server.saveCheckIns()
      const before = await seen()
      server.advance(5 * 60_000)
      await step()
      await server.saveCheckIns()
      expect(await seen()).toBe(before)
      server.advance(5 * 60_000)
      await step()
      expect(await seen()).toBe(before)
      await server.saveCheckIns()
      expect(Date.parse(await seen()) - Date.parse(before)).toBeGreaterThanOrEqual(10 * 60_000)
    }
  })

  test('has its polls not stored again for ten minutes after a report that stored its check-in time', async () => {
    const device = await enrolOne({ a: '1' })
    const actor = { tenant_id: tenant.tenant_id, device_id: device.id }
    await server.saveCheckIns()
    server.advance(11 * 60_000)
    await asDevice(device).put(ATTRIBUTES, list({ a: '2' }))
    const stored_ms = Date.parse((await stored(device.id)).check_in_time)
    server.advance(60_000)
    recordCheckIn(server.env, actor)
    await server.saveCheckIns()
    expect(recordCheckIn(server.env, actor)).toBe(stored_ms + 10 * 60_000)
  })

  test('never gets a check-in time earlier than the stored one', async () => {
    const device = await enrolOne({ a: '1' })
    const later = '2100-01-01T00:00:00.000Z'
    await setCheckIn(server.env.db, device.id, sql`${later}::timestamptz`)
    await device.next({ artifact_name: 'a', device_type: 'b' })
    await server.saveCheckIns()
    expect((await stored(device.id)).check_in_time).toBe(later)
  })

  test('has its check-in time written before the server stops, and a failed write is tried again', async () => {
    const database = await cloneDatabase()
    const brief = await startServer({ database_url: database.url })
    const [device] = await enrol(brief, await brief.tenant(), 1, {})
    await brief.env.db.query(sql`alter table check_ins rename column at to hidden`)
    await expect(brief.saveCheckIns()).rejects.toThrow('at')
    await brief.env.db.query(sql`alter table check_ins rename column hidden to at`)
    await brief[Symbol.asyncDispose]()
    const after = await startServer({ database_url: database.url })
    const row = await after.env.db.first(sql`select at from check_ins where device_id = ${device?.id}`)
    expect(row).toEqual({ at: expect.stringMatching(/Z$/) })
    await after[Symbol.asyncDispose]()
    await database.drop()
  })

  test('has a repeated report stored again after its attributes were changed elsewhere', async () => {
    const device = await enrolOne({ a: '1' })
    for (let i = 0; i < 2; i++) await asDevice(device).put(ATTRIBUTES, list({ a: '1' }))
    await tenant.api.delete(`${DEVICES}/${device.id}`)
    expect(await inventoryOf(device)).toEqual({})
    await asDevice(device).put(ATTRIBUTES, list({ a: '1' }))
    expect(await inventoryOf(device)).toEqual({ a: '1' })
  })

  test('loses nothing with concurrent reports', async () => {
    const device = await enrolOne()
    const names = Array.from({ length: 60 }, (_, i) => `n${i}`)
    const before = await versionOf(device)
    await Promise.all(names.map((name) => asDevice(device).patch(ATTRIBUTES, list({ [name]: name }))))
    expect(Object.keys(await inventoryOf(device)).sort()).toEqual([...names].sort())
    expect(await versionOf(device)).toBe(before + 60)
  })

  test('gets an error for its own report only, if it is one of a batch', async () => {
    const devices = await enrol(server, tenant, 20, {})
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`n${i}`, i]))
    const responses = await Promise.all(
      devices.map((device, i) => asDevice(device).put(ATTRIBUTES, list(i === 7 ? many : { i }))),
    )
    expect(responses.map(({ status }) => status)).toEqual(devices.map((_, i) => (i === 7 ? 400 : 200)))
    expect(responses[7]?.body.error).toBe('the number of attributes in the scope is above the limit')
    expect(await Promise.all(devices.map(inventoryOf))).toEqual(devices.map((_, i) => (i === 7 ? {} : { i })))
  })

  test('cannot exceed the limit with several reports at once', async () => {
    const device = await enrolOne()
    const halves = ['a', 'b', 'c'].map((half) =>
      Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${half}${i}`, i])),
    )
    const responses = await Promise.all(halves.map((half) => asDevice(device).patch(ATTRIBUTES, list(half))))
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 400])
    expect(Object.keys(await inventoryOf(device))).toHaveLength(80)
  })

  test('may name an attribute __proto__ or constructor', async () => {
    const device = await enrolOne()
    const body = '[{"name":"__proto__","value":"p"},{"name":"constructor","value":"c"}]'
    expect((await asDevice(device).put(ATTRIBUTES, body)).status).toBe(200)
    const { attributes } = await stored(device.id)
    expect(attributes).toContainEqual({ name: '__proto__', value: 'p', scope: 'inventory' })
    expect(attributes).toContainEqual({ name: 'constructor', value: 'c', scope: 'inventory' })
  })

  test.each([
    [''],
    ['{}'],
    ['null'],
    ['[1]'],
    ['[{"name":"a"}]'],
    ['[{"value":"a"}]'],
    ['[{"name":"","value":"a"}]'],
    ['[{"name":1,"value":"a"}]'],
    ['[{"name":"a","value":null}]'],
    ['[{"name":"a","value":true}]'],
    ['[{"name":"a","value":{}}]'],
    ['[{"name":"a","value":["x",1]}]'],
    ['[{"name":"a","value":[["x"]]}]'],
    ['[{"name":"a","value":[null]}]'],
    ['[{"name":"a","value":"x","description":1}]'],
    [JSON.stringify([{ name: 'n'.repeat(1025), value: '' }])],
  ])('has the report %.60s rejected with a message, and nothing of it is stored', async (body) => {
    const device = await enrolOne({ kept: 'yes' })
    for (const method of ['put', 'patch'] as const) {
      const response = await asDevice(device)[method](ATTRIBUTES, body)
      expect(response.status).toBe(400)
      expect(response.body.error).toMatch(/\w+ \w+/)
    }
    expect(await inventoryOf(device)).toEqual({ kept: 'yes' })
  })

  test('needs its own token', async () => {
    expect((await openApi(server.url).put(ATTRIBUTES, [])).status).toBe(401)
    expect((await tenant.api.put(ATTRIBUTES, [])).status).toBe(401)
    const device = await enrolOne()
    expect((await asDevice(device).get(DEVICES)).status).toBe(401)
  })
})

describe('the list of devices', () => {
  let own: TestTenant
  let ids: string[]
  beforeAll(async () => {
    own = await server.tenant()
    const values = [{ n: 2, s: 'b' }, { n: 10, s: 'a' }, { n: '2', s: '\uffff' }, { s: '😀' }, {}]
    ids = (await enrol(server, own, values.length, (i) => values[i] as Record<string, string>)).map(({ id }) => id)
  })
  const found = async (query: string) =>
    (await own.api.get(`${DEVICES}?${query}`)).body.map((one: { id: string }) => one.id)

  test('is paginated, with the total and links', async () => {
    const response = await own.api.get(`${DEVICES}?page=2&per_page=2&sort=s`)
    expect(response.body.map((one: { id: string }) => one.id)).toEqual([ids[2], ids[3]])
    expect(response.headers.get('x-total-count')).toBe('5')
    expect(response.headers.get('link')).toContain('page=3&per_page=2&sort=s>; rel="next"')
    expect((await own.api.get(`${DEVICES}?page=9`)).body).toEqual([])
  })

  test('sorts numbers before texts, texts by code point, and puts devices without the attribute last', async () => {
    const [n2, n10, text2, emoji, none] = ids
    expect(await found('sort=s')).toEqual([n10, n2, text2, emoji, none])
    expect(await found('sort=inventory/s:desc')).toEqual([emoji, text2, n2, n10, none])
    expect((await found('sort=n:asc,s')).slice(0, 3)).toEqual([n2, n10, text2])
    expect((await found('sort=n:desc,s')).slice(0, 3)).toEqual([n10, n2, text2])
    expect(await found('sort=identity/id')).toEqual([...ids].sort())
    expect(await found('sort=system/created_ts:desc,identity/id')).toHaveLength(5)
  })

  test('is filtered by attributes; a number in the query matches a stored number too', async () => {
    expect(await found('n=2&sort=s')).toEqual([ids[0], ids[2]])
    expect(await found('inventory/n=eq:2&s=b')).toEqual([ids[0]])
    expect(await found(`identity/id=${ids[1]}`)).toEqual([ids[1]])
    expect(await found('s=nothing')).toEqual([])
  })

  test('is filtered by group', async () => {
    await own.api.put(`${DEVICES}/${ids[0]}/group`, { group: 'lab' })
    expect(await found('has_group=true')).toEqual([ids[0]])
    expect(await found('group=lab')).toEqual([ids[0]])
    expect((await found('has_group=false')).sort()).toEqual(ids.slice(1).sort())
  })

  test.each(['page=0', 'per_page=501', 'sort=nowhere/x', 'nowhere/x=1', 'has_group=maybe', 'inventory/=1', 'sort=/'])(
    'rejects the query %s',
    async (query) => {
      const response = await own.api.get(`${DEVICES}?${query}`)
      expect(response.status).toBe(400)
      expect(response.body.error).toMatch(/\w+ \w+/)
    },
  )

  test('accepts any odd name and value', async () => {
    for (const name of ["a'", 'a"', 'a\\', '$.a', '😀', 'a[*]'])
      expect(
        (
          await own.api.get(
            `${DEVICES}?${encodeURIComponent(name)}=${encodeURIComponent(name)}&sort=${encodeURIComponent(name)}`,
          )
        ).status,
      ).toBe(200)
    expect((await own.api.get(`${DEVICES}?a=%00`)).status).toBe(400)
  })
})

describe('one device', () => {
  test('remains after its reported attributes are deleted', async () => {
    const device = await enrolOne({ a: '1' })
    expect((await tenant.api.delete(`${DEVICES}/${device.id}`)).status).toBe(204)
    const shown = await stored(device.id)
    expect(scopeOf(shown, 'inventory')).toEqual({})
    expect(scopeOf(shown, 'identity')).toMatchObject(device.identity)
  })

  test('of another tenant is not found, by any request', async () => {
    const [foreign] = (await enrol(server, await server.tenant(), 1, { a: '1' })) as [SimulatedDevice]
    const path = `${DEVICES}/${foreign.id}`
    for (const response of await Promise.all([
      tenant.api.get(path),
      tenant.api.delete(path),
      tenant.api.get(`${path}/group`),
      tenant.api.put(`${path}/group`, { group: 'g' }),
      tenant.api.delete(`${path}/group/g`),
      tenant.api.put(`${path}/tags`, list({ a: '1' })),
      tenant.api.patch(`${path}/tags`, list({ a: '1' })),
      tenant.api.get(`${DEVICES}/no such device`),
    ]))
      expect(response).toMatchObject({ status: 404, body: { error: 'Device not found' } })
    expect((await tenant.api.patch(`${GROUPS}/g/devices`, [foreign.id])).body).toEqual({
      ...{ matched_count: 0, updated_count: 0 },
    })
  })
})

describe('tags', () => {
  test('are added and replaced, and protected by If-Match', async () => {
    const { id } = await enrolOne()
    const etag = async () => (await tenant.api.get(`${DEVICES}/${id}`)).headers.get('etag') ?? ''
    const none = await etag()
    expect((await tenant.api.patch(`${DEVICES}/${id}/tags`, list({ a: '1' }), { 'if-match': none })).status).toBe(200)
    const one = await etag()
    expect(one).not.toBe(none)
    expect(await tenant.api.put(`${DEVICES}/${id}/tags`, [], { 'if-match': none })).toMatchObject({
      ...{ status: 412, body: { error: 'ETag does not match' } },
    })
    await tenant.api.patch(`${DEVICES}/${id}/tags`, [{ name: 'b', value: '2', description: 'why' }], {
      'if-match': `W/"x", ${one}`,
    })
    expect(scopeOf(await stored(id), 'tags')).toEqual({ a: '1', b: '2' })
    for (const any of ['', ' ', '*'])
      expect(await tenant.api.put(`${DEVICES}/${id}/tags`, [], { 'if-match': any })).toMatchObject({ status: 200 })
    expect(await etag()).toBe(none)
  })

  test('are changed by only one of several requests with the same ETag', async () => {
    const { id } = await enrolOne()
    const version = (await tenant.api.get(`${DEVICES}/${id}`)).headers.get('etag') ?? ''
    const responses = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        tenant.api.put(`${DEVICES}/${id}/tags`, list({ i }), { 'if-match': version }),
      ),
    )
    expect(responses.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(412)])
  })

  test('are at most twenty', async () => {
    const { id } = await enrolOne()
    const tags = (n: number) => list(Object.fromEntries(Array.from({ length: n }, (_, i) => [`t${i}`, i])))
    expect((await tenant.api.put(`${DEVICES}/${id}/tags`, tags(20))).status).toBe(200)
    expect((await tenant.api.put(`${DEVICES}/${id}/tags`, tags(21))).status).toBe(400)
    expect((await tenant.api.patch(`${DEVICES}/${id}/tags`, list({ more: '' }))).status).toBe(400)
  })
})

describe('a group', () => {
  test('exists while a device is in it', async () => {
    const own = await server.tenant()
    const devices = await enrol(server, own, 3, {})
    const ids = devices.map(({ id }) => id).sort()
    expect((await own.api.get(GROUPS)).body).toEqual([])
    expect((await own.api.patch(`${GROUPS}/lab/devices`, [...ids, 'nobody', ids[0]])).body).toEqual({
      ...{ matched_count: 3, updated_count: 3 },
    })
    expect((await own.api.patch(`${GROUPS}/lab/devices`, ids)).body).toEqual({ matched_count: 3, updated_count: 0 })
    expect((await own.api.get(GROUPS)).body).toEqual(['lab'])
    expect((await own.api.get(`${GROUPS}?status=pending`)).body).toEqual([])
    const members = await own.api.get(`${GROUPS}/lab/devices?per_page=2&page=2`)
    expect([members.body, members.headers.get('x-total-count')]).toEqual([[ids[2]], '3'])
    expect((await own.api.delete(`${GROUPS}/lab/devices`, [ids[0]])).body).toEqual({
      matched_count: 1,
      updated_count: 1,
    })
    expect((await own.api.delete(`${GROUPS}/lab`)).body).toEqual({ matched_count: 2, updated_count: 2 })
    expect(await own.api.get(`${GROUPS}/lab/devices`)).toMatchObject({
      status: 404,
      body: { error: 'group not found' },
    })
  })

  test('is an attribute of the device, and changing it raises the device version', async () => {
    const device = await enrolOne()
    const path = `${DEVICES}/${device.id}`
    const version = await versionOf(device)
    expect((await tenant.api.get(`${path}/group`)).body).toEqual({ group: null })
    expect((await tenant.api.put(`${path}/group`, { group: 'a' })).status).toBe(204)
    expect((await tenant.api.put(`${path}/group`, { group: 'a' })).status).toBe(204)
    expect(await versionOf(device)).toBe(version + 1)
    expect((await tenant.api.get(`${path}/group`)).body).toEqual({ group: 'a' })
    expect(scopeOf(await stored(device.id), 'system').group).toBe('a')
    expect((await tenant.api.delete(`${path}/group/b`)).status).toBe(404)
    expect((await tenant.api.delete(`${path}/group/a`)).status).toBe(204)
    expect(await versionOf(device)).toBe(version + 2)
  })

  test('can be changed for many devices at once, in any order', async () => {
    const own = await server.tenant()
    const ids = (await enrol(server, own, 30, {})).map(({ id }) => id)
    const responses = await Promise.all(
      Array.from({ length: 16 }, (_, i) => own.api.patch(`${GROUPS}/g${i}/devices`, i % 2 ? ids : [...ids].reverse())),
    )
    expect(responses.map(({ status }) => status)).toEqual(Array(16).fill(200))
    expect((await own.api.get(GROUPS)).body).toHaveLength(1)
  })

  test.each(['', 'a b', 'ü', 'a/b', 'x'.repeat(257)])('cannot be named "%.20s"', async (group) => {
    const { id } = await enrolOne()
    const response = await tenant.api.put(`${DEVICES}/${id}/group`, { group })
    expect(response.status).toBe(400)
    expect(response.body.error).toContain('group name')
  })

  test.each(['', '{}', '{"group":1}', '{"group":null}', '[]'])('cannot be changed with the body %s', async (body) => {
    const { id } = await enrolOne()
    expect((await tenant.api.put(`${DEVICES}/${id}/group`, body)).status).toBe(400)
  })
})

test('a device that is not accepted yet is in the inventory too', async () => {
  const own = await server.tenant()
  await newDevice(server, own).requestAuth()
  const { body } = await own.api.get(DEVICES)
  expect(body).toHaveLength(1)
  expect(scopeOf(body[0], 'identity').status).toBe('pending')
})
