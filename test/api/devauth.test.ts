import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { authenticates, authOf, DEVAUTH, ec, ed25519, newIdentity, pem } from '../support/auth.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()
const tenant = useTenant(server)
let auth: ReturnType<typeof authOf>
beforeAll(async () => {
  auth = authOf(server, tenant)
})

const get = (path: string) => tenant.api.get(DEVAUTH + path)
const eventsOf = (device_id: string) =>
  server.env.db.query(sql`
    select tenant_id, action, actor, object from events where object_id = ${device_id} order by time`)

describe('the status of an auth set', () => {
  test('is returned and changed; setting the same status again has no effect', async () => {
    const { id, set_id } = await auth.waiting()
    const path = `/devices/${id}/auth/${set_id}/status`
    expect(await get(path)).toMatchObject({ status: 200, body: { status: 'pending' } })
    for (const status of ['accepted', 'accepted', 'pending', 'pending', 'rejected', 'rejected', 'accepted']) {
      expect((await auth.setStatus(id, set_id, status)).status).toBe(204)
      expect((await get(path)).body).toEqual({ status })
      expect((await get(`/devices/${id}`)).body.status).toBe(status)
    }
  })

  test('rejected or pending revokes tokens at once; accepting again does not restore them', async () => {
    const { id, set_id, token, keys, identity } = await auth.admitted()
    for (const status of ['rejected', 'pending']) {
      const { text: fresh } = await auth.ask(keys, identity)
      expect(await authenticates(server, fresh)).toBe(true)
      await auth.setStatus(id, set_id, status)
      expect([await authenticates(server, fresh), await authenticates(server, token)]).toEqual([false, false])
      expect(await auth.ask(keys, identity)).toMatchObject({ status: 401, body: { error: 'dev auth: unauthorized' } })
      await auth.setStatus(id, set_id, 'accepted')
      expect(await authenticates(server, fresh)).toBe(false)
    }
  })

  test('accepted rejects the set accepted before and revokes its tokens', async () => {
    const { id, set_id, identity, token } = await auth.admitted()
    const keys = ec('P-256')
    await auth.ask(keys, identity)
    const { body } = await get(`/devices/${id}`)
    expect([body.status, body.auth_sets[1].status]).toEqual(['accepted', 'pending'])
    expect((await auth.setStatus(id, body.auth_sets[1].id, 'accepted')).status).toBe(204)
    const after = (await get(`/devices/${id}`)).body
    expect(after.auth_sets).toMatchObject([
      { id: set_id, status: 'rejected' },
      { pubkey: pem(keys), status: 'accepted' },
    ])
    expect(await authenticates(server, token)).toBe(false)
    expect(await authenticates(server, (await auth.ask(keys, identity)).text)).toBe(true)
    expect((await auth.setStatus(id, set_id, 'accepted')).status).toBe(204)
    expect(await authenticates(server, token)).toBe(false)
  })

  test('is rejected if the status, the set or the device is invalid', async () => {
    const [one, two] = [await auth.waiting(), await auth.waiting()]
    const put = async (id: string, set_id: string, status: string) => {
      const { status: code, body } = await auth.setStatus(id, set_id, status)
      return [code, body.error]
    }
    for (const word of ['acepted', '', 'noauth', 'preauthorized', 'toString', '__proto__'])
      expect(await put(one.id, one.set_id, word)).toEqual([400, 'incorrect device status'])
    expect(await put(one.id, two.set_id, 'accepted')).toEqual([400, 'dev auth: dev ID and auth ID mismatch'])
    expect(await put(one.id, randomUUID(), 'accepted')).toEqual([404, 'authorization set not found'])
    expect(await put('nowhere', one.set_id, 'accepted')).toEqual([404, 'device not found'])
    for (const body of [{}, { status: 1 }, [], null, 'accepted', undefined])
      expect((await tenant.api.put(`${DEVAUTH}/devices/${one.id}/auth/${one.set_id}/status`, body)).status).toBe(400)
    expect(await auth.devices(`id=${one.id}&id=${two.id}`)).toMatchObject([
      { status: 'pending' },
      { status: 'pending' },
    ])
  })

  test('preauthorized cannot be changed by users', async () => {
    const identity = newIdentity()
    await auth.preauthorize(ed25519(), identity)
    const { id, auth_sets } = await auth.deviceWith(identity)
    for (const status of ['accepted', 'rejected', 'pending'])
      expect(await auth.setStatus(id, auth_sets[0].id, status)).toMatchObject({
        status: 400,
        body: { error: 'dev auth: bad request' },
      })
  })

  test('adds one audit event when it changes', async () => {
    const { id, set_id, identity } = await auth.waiting()
    for (const status of ['accepted', 'rejected', 'rejected', 'pending']) await auth.setStatus(id, set_id, status)
    const all = {
      tenant_id: tenant.tenant_id,
      actor: { id: expect.any(String), type: 'user', email: tenant.email },
      object: { id, type: 'device', device: { identity_data: JSON.stringify(identity) } },
    }
    const events = await eventsOf(id)
    expect(events).toEqual([
      { ...all, action: 'accept' },
      { ...all, action: 'reject' },
      { ...all, action: 'update' },
    ])
  })

  test('raises the device version only when it changes or a token is revoked', async () => {
    const { id, set_id, identity } = await auth.waiting()
    const version = async () =>
      (await server.env.db.first<{ v: number }>(sql`select device_version as v from devices where id = ${id}`))?.v
    const before = (await version()) ?? 0
    await auth.setStatus(id, set_id, 'accepted')
    expect(await version()).toBe(before + 1)
    await auth.ask(ed25519(), identity)
    await auth.setStatus(id, set_id, 'accepted')
    expect(await version()).toBe(before + 1)
    const { auth_sets } = await auth.deviceWith(identity)
    const other = auth_sets.find((set: { id: string }) => set.id !== set_id)
    await auth.setStatus(id, other.id, 'accepted')
    expect(await version()).toBe(before + 2)
  })
})

describe('the limit of accepted devices', () => {
  test('permits exactly 5 of 20 simultaneous acceptances', async () => {
    const limited = await server.tenant()
    const of = authOf(server, limited)
    await of.limit(5)
    const devices = await Promise.all(Array.from({ length: 20 }, () => of.waiting()))
    const responses = await Promise.all(devices.map(({ id, set_id }) => of.setStatus(id, set_id, 'accepted')))
    expect(responses.filter(({ status }) => status === 204)).toHaveLength(5)
    const refused = responses.filter(({ status }) => status !== 204)
    expect(new Set(refused.map(({ status, body }) => `${status} ${body.error}`))).toEqual(
      new Set(['422 maximum number of accepted devices reached']),
    )
    const counts = await Promise.all(
      ['accepted', 'pending'].map((status) => limited.api.get(`${DEVAUTH}/devices/count?status=${status}`)),
    )
    expect(counts.map(({ body }) => body)).toEqual([{ count: 5 }, { count: 15 }])
  })

  test('is returned, does not prevent accepting another key, and a rejection frees capacity', async () => {
    const limited = await server.tenant()
    const of = authOf(server, limited)
    expect((await limited.api.get(`${DEVAUTH}/limits/max_devices`)).body).toEqual({ limit: -1 })
    await of.limit(1)
    expect((await limited.api.get(`${DEVAUTH}/limits/max_devices`)).body).toEqual({ limit: 1 })
    expect((await limited.api.get(`${DEVAUTH}/limits/devices`)).body).toEqual({ standard: 1, micro: 0, system: 0 })
    const [one, two] = [await of.waiting(), await of.waiting()]
    expect((await of.setStatus(one.id, one.set_id, 'accepted')).status).toBe(204)
    await of.ask(ed25519(), one.identity)
    const { auth_sets } = await of.deviceWith(one.identity)
    expect((await of.setStatus(one.id, auth_sets[1].id, 'accepted')).status).toBe(204)
    expect((await of.setStatus(two.id, two.set_id, 'accepted')).status).toBe(422)
    expect((await of.setStatus(one.id, auth_sets[1].id, 'rejected')).status).toBe(204)
    expect((await of.setStatus(two.id, two.set_id, 'accepted')).status).toBe(204)
  })

  test('of 0 permits no device', async () => {
    const of = authOf(server, await server.tenant())
    await of.limit(0)
    const { id, set_id } = await of.waiting()
    expect((await of.setStatus(id, set_id, 'accepted')).status).toBe(422)
  })
})

describe('preauthorizing', () => {
  test('authenticates the device at its first request', async () => {
    const keys = ec('P-384')
    const identity = { ...newIdentity(), serial: 7 }
    const response = await auth.preauthorize(keys, identity)
    const { id, auth_sets, status } = await auth.deviceWith(identity)
    expect(response).toMatchObject({ status: 201, text: '' })
    expect(response.headers.get('location')).toBe(`devices/${id}`)
    expect([status, auth_sets]).toMatchObject(['preauthorized', [{ status: 'preauthorized', pubkey: pem(keys) }]])
    expect((await auth.ask(ed25519(), identity)).status).toBe(401)
    const { status: code, text } = await auth.ask(keys, identity)
    expect([code, await authenticates(server, text)]).toEqual([200, true])
    expect((await get(`/devices/${id}`)).body).toMatchObject({
      status: 'accepted',
      auth_sets: [{ status: 'accepted' }, { status: 'pending' }],
    })
  })

  test('a known identity returns 409 with its device, whatever the key', async () => {
    const { keys, identity, id } = await auth.waiting()
    for (const key of [keys, ed25519()]) {
      const { status, body } = await auth.preauthorize(key, identity)
      expect([status, body]).toMatchObject([409, { id, identity_data: identity, status: 'pending', auth_sets: [{}] }])
    }
    expect((await auth.deviceWith(identity)).auth_sets).toHaveLength(1)
  })

  test('with force adds the key to a known device, or accepts its pending key', async () => {
    const { keys, identity, id } = await auth.waiting()
    const other = ed25519()
    expect((await auth.preauthorize(other, identity, { force: true })).headers.get('location')).toBe(`devices/${id}`)
    expect((await auth.preauthorize(keys, identity, { force: true })).status).toBe(201)
    expect((await get(`/devices/${id}`)).body).toMatchObject({
      status: 'preauthorized',
      auth_sets: [{ status: 'preauthorized' }, { status: 'preauthorized' }],
    })
    expect((await auth.ask(other, identity)).status).toBe(200)
  })

  test('creates one device if requested 20 times at once', async () => {
    const [keys, identity] = [ed25519(), newIdentity()]
    const responses = await Promise.all(Array.from({ length: 20 }, () => auth.preauthorize(keys, identity)))
    expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    expect((await auth.deviceWith(identity)).auth_sets).toHaveLength(1)
  })

  test.each<[string, unknown]>([
    ['failed to decode preauth request: ', '{'],
    ['failed to decode preauth request: the identity must be a JSON object', { pubkey: 'x' }],
    ['failed to decode preauth request: the identity must be a JSON object', { identity_data: 'mac', pubkey: 'x' }],
    ['failed to decode preauth request: the identity must be a JSON object', { identity_data: [], pubkey: 'x' }],
    ['failed to decode preauth request: pubkey must be provided', { identity_data: { mac: '1' } }],
    ['failed to decode preauth request: cannot decode public key', { identity_data: { mac: '1' }, pubkey: 'x' }],
    ['Validating request body: pubkey: must be string', { identity_data: { mac: '1' }, pubkey: 1 }],
    ['Validating request body', '[]'],
  ])('is rejected with "%s"', async (error, body) => {
    const response = await tenant.api.post(`${DEVAUTH}/devices`, body)
    expect(response.status).toBe(400)
    expect(response.body.error).toContain(error)
  })
})

describe('deleting', () => {
  test('an auth set revokes its tokens and leaves the device', async () => {
    const { id, set_id, token, keys, identity } = await auth.admitted()
    expect((await auth.deleteSet(id, set_id)).status).toBe(204)
    expect(await authenticates(server, token)).toBe(false)
    expect((await get(`/devices/${id}`)).body).toMatchObject({ status: 'noauth', auth_sets: [] })
    expect((await auth.deleteSet(id, set_id)).status).toBe(404)
    expect((await auth.ask(keys, identity)).status).toBe(401)
    const { status, auth_sets } = (await get(`/devices/${id}`)).body
    expect([status, auth_sets.length]).toEqual(['pending', 1])
    expect(auth_sets[0].id).not.toBe(set_id)
  })

  test('the only, preauthorized auth set removes the device', async () => {
    const [keys, identity] = [ed25519(), newIdentity()]
    await auth.preauthorize(keys, identity)
    const { id, auth_sets } = await auth.deviceWith(identity)
    expect((await auth.deleteSet(id, auth_sets[0].id)).status).toBe(204)
    expect(await get(`/devices/${id}`)).toMatchObject({ status: 404, body: { error: 'device not found' } })
    expect((await auth.preauthorize(keys, identity)).status).toBe(201)
  })

  test('a token forces the device to authenticate again, and has no other effect', async () => {
    const { id, set_id, token, keys, identity } = await auth.admitted()
    expect((await tenant.api.delete(`${DEVAUTH}/tokens/${set_id}`)).status).toBe(204)
    expect(await authenticates(server, token)).toBe(false)
    expect((await get(`/devices/${id}`)).body.status).toBe('accepted')
    const { text } = await auth.ask(keys, identity)
    expect(await authenticates(server, text)).toBe(true)
    expect((await tenant.api.delete(`${DEVAUTH}/tokens/${randomUUID()}`)).status).toBe(404)
  })

  test('a device revokes its tokens, adds one event, and makes it a new device if it authenticates again', async () => {
    const { id, token, keys, identity } = await auth.admitted()
    expect(await auth.decommission(id)).toMatchObject({ status: 204, text: '' })
    expect(await authenticates(server, token)).toBe(false)
    expect((await get(`/devices/${id}`)).status).toBe(404)
    expect((await auth.decommission(id)).status).toBe(404)
    expect(await eventsOf(id)).toMatchObject([
      { action: 'accept' },
      { action: 'decommission', object: { id, type: 'device', device: { identity_data: JSON.stringify(identity) } } },
    ])
    const again = await auth.waiting(keys, identity)
    expect(again.id).not.toBe(id)
  })
})

describe('the list of devices', () => {
  let of: ReturnType<typeof authOf>
  let listed: TestTenant
  let ids: string[]
  beforeAll(async () => {
    listed = await server.tenant()
    of = authOf(server, listed)
    ids = []
    for (let i = 0; i < 5; i++) ids.push((await of.waiting()).id)
    const [first] = await of.devices(`id=${ids[0]}`)
    await of.setStatus(first.id, first.auth_sets[0].id, 'accepted')
  })
  const idsOf = (devices: { id: string }[]) => devices.map(({ id }) => id)

  test('is paginated in a stable order, with links and without a total', async () => {
    const all = idsOf(await of.devices())
    expect([...all].sort()).toEqual([...ids].sort())
    const page = await listed.api.get(`${DEVAUTH}/devices?per_page=2&page=2`)
    expect(idsOf(page.body)).toEqual(all.slice(2, 4))
    const path = `${DEVAUTH}/devices`
    expect(page.headers.get('link')).toBe(
      ['1:first', '1:prev', '3:next']
        .map((link) => link.split(':'))
        .map(([number, rel]) => `<${path}?page=${number}&per_page=2>; rel="${rel}"`)
        .join(', '),
    )
    expect(page.headers.get('x-total-count')).toBeNull()
    const last = await listed.api.get(`${DEVAUTH}/devices?per_page=2&page=3`)
    expect([last.body.length, last.headers.get('link')?.includes('next')]).toEqual([1, false])
    expect(await listed.api.get(`${DEVAUTH}/devices?page=9`)).toMatchObject({ status: 200, body: [] })
  })

  test('is filtered by status and id, in the query and in a search', async () => {
    const search = async (body: object) => (await listed.api.post(`${DEVAUTH}/devices/search`, body)).body
    expect(idsOf(await of.devices('status=accepted'))).toEqual([ids[0]])
    expect(await of.devices('status=accepted&status=pending')).toHaveLength(5)
    expect(idsOf(await of.devices(`id=${ids[1]}&id=${ids[2]}&id=x`)).sort()).toEqual([ids[1], ids[2]].sort())
    expect(await of.devices('status=')).toHaveLength(5)
    expect(idsOf(await search({ status: 'accepted' }))).toEqual([ids[0]])
    expect(await search({ status: ['accepted', 'pending'], id: ids.slice(0, 3) })).toHaveLength(3)
    expect(idsOf(await search({ id: ids[3] }))).toEqual([ids[3]])
    expect(await search({})).toHaveLength(5)
    const count = async (query: string) => (await listed.api.get(`${DEVAUTH}/devices/count${query}`)).body
    expect([await count(''), await count('?status=pending'), await count('?status=noauth')]).toEqual([
      { count: 5 },
      { count: 4 },
      { count: 0 },
    ])
  })

  test('rejects invalid statuses and pages', async () => {
    const word = 'status must be one of: pending, accepted, rejected, preauthorized, noauth'
    for (const path of ['/devices?status=x', '/devices/count?status=x', '/devices?status=pending&status=x'])
      expect(await get(path)).toMatchObject({ status: 400, body: { error: word } })
    expect(await tenant.api.post(`${DEVAUTH}/devices/search`, { status: 'x' })).toMatchObject({ body: { error: word } })
    for (const query of ['page=0', 'page=two', 'per_page=501', 'per_page=-1', 'page=99999999999999999999'])
      expect((await get(`/devices?${query}`)).status).toBe(400)
    for (const body of [{ status: 1 }, { id: [1] }, [], 'x'])
      expect((await tenant.api.post(`${DEVAUTH}/devices/search`, body)).status).toBe(400)
  })

  test('returns 400 or 404, never 500, for impossible ids', async () => {
    for (const id of ['%00', '%ff', 'x'.repeat(4000), "';--", '%F0%9F%A6%86']) {
      for (const path of [`/devices/${id}`, `/devices/${id}/auth/x/status`, `/devices?id=${id}`])
        expect([200, 400, 404]).toContain((await get(path)).status)
      expect([400, 404]).toContain((await auth.setStatus(id, id, 'accepted')).status)
      expect([400, 404]).toContain((await auth.decommission(id)).status)
    }
  })
})

test('no tenant can read or change anything of another', async () => {
  const other = await server.tenant()
  const otherAuth = authOf(server, other)
  const { id, set_id, token } = await auth.admitted()
  const responses = [
    await other.api.get(`${DEVAUTH}/devices/${id}`),
    await other.api.get(`${DEVAUTH}/devices/${id}/auth/${set_id}/status`),
    await otherAuth.setStatus(id, set_id, 'rejected'),
    await otherAuth.deleteSet(id, set_id),
    await otherAuth.decommission(id),
    await other.api.delete(`${DEVAUTH}/tokens/${set_id}`),
  ]
  expect(responses.map(({ status }) => status)).toEqual(Array(6).fill(404))
  expect(await otherAuth.devices(`id=${id}`)).toEqual([])
  expect(await authenticates(server, token)).toBe(true)
})
