import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { authOf, DEVAUTH, ed25519, newIdentity, pem } from '../support/auth.ts'
import { useServer } from '../support/fixtures.ts'
import { type Delivery, INTEGRATIONS, integrate, startReceiver } from '../support/receiver.ts'
import type { TestTenant } from '../support/server.ts'
import { addUser, eventsOf } from '../support/users.ts'

const EVENTS = '/api/management/v1/iot-manager/events'
const SECRET = '00ff10a7'
const SECOND_MS = 1000
const HOUR_MS = 3600 * SECOND_MS

const server = useServer({ environment: { MUSTER_WEBHOOK_ALLOW: 'loopback', MUSTER_WEBHOOK_TIMEOUT_S: '2' } })

const credentials = (url: string, secret?: string) => ({
  ...{ type: 'http', http: { url, ...(secret === undefined ? {} : { secret }) } },
})
const ofDevice =
  (id: string) =>
  ({ event }: Delivery): boolean =>
    event.data.id === id
const countEvents = async ({ tenant_id }: TestTenant): Promise<number> =>
  (await server.env.db.first<{ n: number }>(sql`
    select count(*) as n from webhook_events where tenant_id = ${tenant_id}`))!.n

type Verify = (headers: Delivery['headers'], body: string, secret: string, now?: number) => boolean

/** The function of the document for users. */
async function readExample(): Promise<Verify> {
  const document = await readFile('docs/webhooks.md', 'utf8')
  const code = /```js\n(.*?)```/s.exec(document)?.[1] ?? ''
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).isGenuine
}

describe('an integration', () => {
  test('can be created, listed, changed and deleted; its secret is not returned, the audit log has no address', async () => {
    const tenant = await server.tenant()
    const { api } = tenant
    const url = 'https://hooks.example.com/T0/secret-in-the-address'
    const body = { provider: 'webhook', description: 'for the ops team', credentials: credentials(url, SECRET) }
    const made = await api.post(INTEGRATIONS, body)
    expect(made).toMatchObject({ status: 201, text: '' })
    const path = made.headers.get('location') ?? ''
    const shown = {
      ...{ id: path.split('/').at(-1), provider: 'webhook', description: 'for the ops team', format: 'json' },
      credentials: { type: 'http', http: { url, secret: '<omitted>' } },
    }
    expect((await api.get(INTEGRATIONS)).body).toEqual([shown])
    expect((await api.get(path)).body).toEqual(shown)
    const other = 'https://hooks.example.org/'
    expect(await api.put(`${path}/credentials`, credentials(other, ''))).toMatchObject({ status: 204 })
    expect((await api.get(path)).body).toMatchObject({ credentials: { http: { url: other } } })
    expect((await api.get(path)).body.credentials.http).not.toHaveProperty('secret')
    expect(await api.put(`${path}/credentials`, credentials(other, SECRET))).toMatchObject({ status: 204 })
    expect(await api.delete(path)).toMatchObject({ status: 204 })
    expect((await api.get(INTEGRATIONS)).body).toEqual([])
    for (const gone of [api.get(path), api.delete(path), api.put(`${path}/credentials`, credentials(other))])
      expect(await gone).toMatchObject({ status: 404, body: { code: 'integration_not_found' } })
    const events = (await eventsOf(server, tenant)).filter(({ object }) => 'integration' in object)
    expect(events.map(({ action, change }) => [action, change])).toEqual([
      ['create', null],
      ['update', '-target: "https://hooks.example.com"\n+target: "https://hooks.example.org"'],
      ['update', 'Replaced the credentials'],
      ['delete', null],
    ])
    expect(JSON.stringify(events)).not.toMatch(/secret-in|00ff/)
  })

  test('may have the URL of another one, unless it is to be the only one: of concurrent creations one creates it', async () => {
    const { api } = await server.tenant()
    const body = { provider: 'webhook', credentials: credentials('https://hooks.example.com/once') }
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api.post(INTEGRATIONS, { ...body, unique_url: true })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
    const [{ id }] = (await api.get(INTEGRATIONS)).body
    for (const { body: refusal } of answers.filter(({ status }) => status === 409))
      expect(refusal).toMatchObject({ code: 'integration_url_taken', integration_id: id })
    expect((await api.post(INTEGRATIONS, body)).status).toBe(201)
    expect((await api.get(INTEGRATIONS)).body).toHaveLength(2)
  })

  test('is visible to administrators only; to others the list is empty', async () => {
    const tenant = await server.tenant()
    const id = await integrate(tenant.api, 'https://hooks.example.com/')
    const { api } = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    expect(await api.get(INTEGRATIONS)).toMatchObject({ status: 200, text: '[]' })
    expect(await api.get(`${INTEGRATIONS}/${id}`)).toMatchObject({ status: 403 })
    expect(await api.get(EVENTS)).toMatchObject({ status: 403 })
  })

  test.each([
    ['ftp://example.com/', 'must be a URL with http:// or https://'],
    ['//example.com/', 'must be a URL with http:// or https://'],
    ['http://exa mple.com/', 'must be a URL with http:// or https://'],
    ['http://[::1/', 'must be a URL with http:// or https://'],
    ['http://user:secret@example.com/', 'must have no user name, password or fragment'],
    ['http://example.com/#x', 'must have no user name, password or fragment'],
    [`http://example.com/${'x'.repeat(2048)}`, 'is longer than 2048 characters'],
    ['http://10.0.0.1/', 'must be public'],
    ['http://0xa9.0xfe.0xa9.0xfe/latest/meta-data/', 'must be public'],
    ['http://[fd00::1]/', 'must be public'],
    ['http://[::ffff:10.0.0.1]/', 'must be public'],
  ])('is refused with the address %s', async (url, problem) => {
    const { api } = await server.tenant()
    const refusal = { status: 400, body: { code: 'invalid_request', error: expect.stringContaining(problem) } }
    const body = { provider: 'webhook', credentials: credentials(url) }
    expect(await api.post(INTEGRATIONS, body)).toMatchObject(refusal)
    const id = await integrate(api, 'https://hooks.example.com/')
    expect(await api.put(`${INTEGRATIONS}/${id}/credentials`, credentials(url))).toMatchObject(refusal)
  })

  test('is refused with another provider, with a secret that is not hexadecimal, and if there are ten', async () => {
    const { api } = await server.tenant()
    const url = 'https://hooks.example.com/'
    for (const body of [
      { provider: 'iot-hub', credentials: { type: 'sas', connection_string: 'HostName=x' } },
      { provider: 'webhook', credentials: { type: 'aws', http: { url } } },
      { provider: 'webhook', credentials: credentials(url, 'secret') },
      { provider: 'webhook', credentials: credentials(url, '0') },
      { provider: 'webhook', credentials: credentials(url, '00'.repeat(33)) },
      { provider: 'webhook', credentials: credentials(url), description: 'x'.repeat(1025) },
    ])
      expect(await api.post(INTEGRATIONS, body)).toMatchObject({ status: 400 })
    // At the same time, so that the limit is exact.
    const body = { provider: 'webhook', credentials: credentials(url) }
    const made = await Promise.all(Array.from({ length: 12 }, () => api.post(INTEGRATIONS, body)))
    expect(made.map(({ status }) => status).sort()).toEqual([...new Array(10).fill(201), 422, 422])
    expect(made.find(({ status }) => status === 422)?.body).toMatchObject({ code: 'too_many_integrations' })
  })
})

describe('the events of a device', () => {
  test('are sent in their order, signed, and listed with how they were delivered', async () => {
    await using receiver = await startReceiver()
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    const integration_id = await integrate(tenant.api, receiver.url, SECRET)
    const keys = ed25519()
    const identity = newIdentity()
    const { id, set_id } = await auth.waiting(keys, identity)
    await auth.setStatus(id, set_id, 'accepted')
    await auth.setStatus(id, set_id, 'rejected')
    const [set] = (await tenant.api.get(`${DEVAUTH}/devices/${id}`)).body.auth_sets
    const { created_ts } = (await tenant.api.get(`${DEVAUTH}/devices/${id}`)).body
    expect(await auth.decommission(id)).toMatchObject({ status: 204 })
    await receiver.until(({ length }) => length >= 5)
    const accepted = { ...set, device_id: id, identity_data: identity, pubkey: pem(keys).trim(), status: 'accepted' }
    accepted.pubkey = set.pubkey
    expect(receiver.deliveries.map(({ event: { type, data } }) => [type, data])).toEqual([
      ['device-status-changed', { id, status: 'pending' }],
      ['device-provisioned', { id, status: 'accepted', created_ts, auth_sets: [accepted] }],
      ['device-status-changed', { id, status: 'accepted' }],
      ['device-status-changed', { id, status: 'rejected' }],
      ['device-decommissioned', { id }],
    ])
    const times = receiver.deliveries.map(({ event }) => event.time)
    expect(times).toEqual([...new Set(times)].sort())
    for (const { text, event, headers, path } of receiver.deliveries) {
      expect(Object.keys(event)).toEqual(['id', 'type', 'time', 'version', 'data'])
      expect(event).toMatchObject({ version: 1, id: expect.stringMatching(/^[0-9a-f-]{36}$/) })
      const timestamp = String(headers['x-muster-timestamp'])
      const sign = (signed: string) => createHmac('sha256', Buffer.from(SECRET, 'hex')).update(signed).digest('hex')
      expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(600)
      expect([path, headers]).toMatchObject([
        '/hook',
        {
          'content-type': 'application/json',
          'x-muster-signature': `v1=${sign(`${timestamp}.${text}`)}`,
          'x-men-algorithm': 'MEN-HMAC-SHA256-Payload',
          'x-men-signature': sign(text),
        },
      ])
    }
    const isGenuine = await readExample()
    for (const { text, headers } of receiver.deliveries) {
      expect(isGenuine(headers, text, SECRET)).toBe(true)
      expect(isGenuine(headers, `${text} `, SECRET)).toBe(false)
      expect(isGenuine(headers, text, '00ff')).toBe(false)
      expect(isGenuine(headers, text, SECRET, Date.now() + HOUR_MS)).toBe(false)
    }
    const statuses = [{ integration_id, success: true, status_code: 200 }]
    const listed = receiver.deliveries.map(({ event: { version: _, ...event } }) => event).reverse()
    // The last response may be written after the receiver has sent it.
    await expect
      .poll(async () => (await tenant.api.get(EVENTS)).body)
      .toEqual(listed.map((event) => ({ ...event, delivery_statuses: statuses })))
    const page = await tenant.api.get(`${EVENTS}?page=2&per_page=2`)
    expect(page.body.map((event: { id: string }) => event.id)).toEqual(listed.slice(2, 4).map((event) => event.id))
    expect(page.headers.get('link')).toContain('rel="next"')
  })

  test('are not stored without an integration, and not sent to one that was deleted', async () => {
    await using receiver = await startReceiver()
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    await auth.waiting()
    expect(await countEvents(tenant)).toBe(0)
    const id = await integrate(tenant.api, receiver.url)
    const sent = await auth.waiting()
    await receiver.until((deliveries) => deliveries.some(ofDevice(sent.id)))
    expect(receiver.deliveries[0]?.headers).not.toHaveProperty('x-muster-signature')
    await tenant.api.delete(`${INTEGRATIONS}/${id}`)
    await auth.setStatus(sent.id, sent.set_id, 'accepted')
    expect(await countEvents(tenant)).toBe(1)
    expect(receiver.deliveries).toHaveLength(1)
  })

  test('are sent with the credentials of the moment: they may be replaced while one is being sent', async () => {
    await using later = await startReceiver()
    const tenant = await server.tenant()
    let id = ''
    const replace = () => tenant.api.put(`${INTEGRATIONS}/${id}/credentials`, credentials(later.url, SECRET))
    await using receiver = await startReceiver(async () => ({ status: (await replace()).status }))
    const auth = authOf(server, tenant)
    const device = await auth.waiting()
    id = await integrate(tenant.api, receiver.url)
    await auth.setStatus(device.id, device.set_id, 'accepted')
    await later.until(({ length }) => length > 0)
    expect([receiver.types(), later.types()]).toEqual([['device-provisioned'], ['device-status-changed']])
    expect(later.deliveries[0]?.headers).toHaveProperty('x-muster-signature')
  })

  test('are sent at once and in their order after the clock was set back', async () => {
    await using receiver = await startReceiver()
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    await integrate(tenant.api, receiver.url)
    server.advance(HOUR_MS)
    const { id, set_id } = await auth.waiting()
    await receiver.until(({ length }) => length === 1)
    server.advance(-HOUR_MS)
    await auth.setStatus(id, set_id, 'rejected')
    await receiver.until(({ length }) => length === 2)
    const times = receiver.deliveries.map(({ event }) => event.time)
    expect(times).toEqual([...new Set(times)].sort())
  })

  test('that cannot be delivered are sent again after growing pauses, and hold up those of no other device', async () => {
    const failing = new Set<string>()
    await using receiver = await startReceiver(({ event }) => ({ status: failing.has(event.data.id) ? 503 : 204 }))
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    const [one, other] = [await auth.waiting(), await auth.waiting()]
    failing.add(one.id)
    await integrate(tenant.api, receiver.url)
    for (const { id, set_id } of [one, other]) await auth.setStatus(id, set_id, 'accepted')
    await receiver.until((deliveries) => deliveries.filter(ofDevice(other.id)).length === 2)
    const attempts = () => receiver.deliveries.filter(ofDevice(one.id))
    const oldest = async () =>
      (await tenant.api.get(`${EVENTS}?per_page=500`)).body.find(
        ({ data, type }: Delivery['event']) => data.id === one.id && type === 'device-provisioned',
      )
    const failed = { success: false, status_code: 503, error: 'the target responded with 503' }
    await expect.poll(async () => (await oldest()).delivery_statuses).toMatchObject([failed])
    let offset = 0
    const advance = (ms: number) => {
      offset += ms
      server.advance(offset)
    }
    for (const [n, pause_ms] of [5, 15, 60, 300, 900, 1800, 3600, 3600].map((s) => s * SECOND_MS).entries()) {
      await expect.poll(() => isWaiting(tenant, one.id)).toBe(true)
      const before = attempts().length
      expect(before).toBe(n + 1)
      advance(pause_ms + SECOND_MS)
      await receiver.until(() => attempts().length > before)
    }
    expect(new Set(attempts().map(({ event }) => event.type))).toEqual(new Set(['device-provisioned']))
    failing.clear()
    await expect.poll(() => isWaiting(tenant, one.id)).toBe(true)
    advance(HOUR_MS + SECOND_MS)
    await receiver.until(() => attempts().some(({ event }) => event.type === 'device-status-changed'))
    const [first, ...again] = attempts().filter(({ event }) => event.type === 'device-provisioned')
    expect(again.map(({ text }) => text)).toEqual(again.map(() => first?.text))
  })

  test('are given up a day later, and the next is sent', async () => {
    await using receiver = await startReceiver(({ event }) => ({
      status: event.type === 'device-provisioned' ? 500 : 200,
    }))
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    const { id, set_id } = await auth.waiting()
    await integrate(tenant.api, receiver.url)
    await auth.setStatus(id, set_id, 'accepted')
    await expect.poll(() => isWaiting(tenant, id)).toBe(true)
    server.advance(40 * HOUR_MS)
    await receiver.until(({ length }) => length === 3)
    expect(receiver.types()).toEqual(['device-provisioned', 'device-provisioned', 'device-status-changed'])
    await expect
      .poll(async () => (await tenant.api.get(EVENTS)).body)
      .toMatchObject([{ delivery_statuses: [{ success: true }] }, { delivery_statuses: [{ success: false }] }])
  })
})

/** Whether nothing is being sent of a device whose last attempt failed. */
const isWaiting = async ({ tenant_id }: TestTenant, id: string): Promise<boolean> =>
  (await server.env.db.first(sql`
    select 1 from webhook_streams
    where tenant_id = ${tenant_id} and subject = ${`device:${id}`} and lease is null and attempts > 0`)) !== undefined

describe('a target', () => {
  test('that does not respond holds up no other, and not the server', async () => {
    await using slow = await startReceiver(() => 'never')
    await using receiver = await startReceiver()
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    await integrate(tenant.api, slow.url)
    await integrate(tenant.api, receiver.url)
    // More than are sent to one target at a time.
    const ids: string[] = []
    for (let n = 0; n < 30; n++) ids.push((await auth.waiting()).id)
    await receiver.until((deliveries) => ids.every((id) => deliveries.some(ofDevice(id))))
    await expect
      .poll(async () => (await tenant.api.get(`${EVENTS}?per_page=500`)).body.at(-1).delivery_statuses)
      .toContainEqual(expect.objectContaining({ success: false, error: 'no response within 2 s' }))
  })

  test('that redirects is not followed', async () => {
    await using elsewhere = await startReceiver()
    await using receiver = await startReceiver(() => ({ status: 307, headers: { location: elsewhere.url } }))
    const tenant = await server.tenant()
    await integrate(tenant.api, receiver.url)
    await authOf(server, tenant).waiting()
    await expect
      .poll(async () => (await tenant.api.get(EVENTS)).body[0].delivery_statuses)
      .toMatchObject([{ success: false, status_code: 307, error: 'the target responded with 307' }])
    expect(elsewhere.deliveries).toEqual([])
  })

  test('may respond with anything', async () => {
    const body = `\0${'é'.repeat(10_000)}`
    await using receiver = await startReceiver(() => ({ status: 299, body }))
    const tenant = await server.tenant()
    await integrate(tenant.api, receiver.url)
    await authOf(server, tenant).waiting()
    await expect
      .poll(async () => (await tenant.api.get(EVENTS)).body[0].delivery_statuses)
      .toMatchObject([{ success: true, status_code: 299 }])
  })
})

describe('a server that allows public addresses only', () => {
  const strict = useServer()

  test('connects to no host whose name leads to another address', async () => {
    await using receiver = await startReceiver()
    const tenant = await strict.tenant()
    await integrate(tenant.api, receiver.url.replace('127.0.0.1', 'localhost'))
    const refused = { provider: 'webhook', credentials: credentials(receiver.url) }
    expect(await tenant.api.post(INTEGRATIONS, refused)).toMatchObject({ status: 400 })
    await authOf(strict, tenant).waiting()
    await expect
      .poll(async () => (await tenant.api.get(EVENTS)).body[0].delivery_statuses)
      .toMatchObject([{ success: false, error: expect.stringContaining('the address is private') }])
    expect(receiver.deliveries).toEqual([])
  })

  test('connects to no address that was allowed when the integration was created', async () => {
    await using receiver = await startReceiver()
    const tenant = await strict.tenant()
    const id = await integrate(tenant.api, 'https://hooks.example.com/')
    await strict.env.db.query(sql`
      update integrations set url = ${receiver.url} where tenant_id = ${tenant.tenant_id} and id = ${id}`)
    await authOf(strict, tenant).waiting()
    await expect
      .poll(async () => (await tenant.api.get(EVENTS)).body[0].delivery_statuses)
      .toMatchObject([{ success: false, error: expect.stringContaining('the address is private') }])
    expect(receiver.deliveries).toEqual([])
  })
})

describe('deliveries', () => {
  const DELIVERIES = '/api/management/v2/iot-manager/integrations'

  test('are listed with the responses, and can be repeated', async () => {
    let status = 500
    const body = `nothing works\0${'é'.repeat(5000)}`
    await using receiver = await startReceiver(() => ({ status, body }))
    const tenant = await server.tenant()
    const { api } = tenant
    const auth = authOf(server, tenant)
    const integration_id = await integrate(api, receiver.url)
    const path = `${DELIVERIES}/${integration_id}/deliveries`
    const { id, set_id } = await auth.waiting()
    await auth.setStatus(id, set_id, 'rejected')
    await expect.poll(() => isWaiting(tenant, id)).toBe(true)
    const [second, first] = (await api.get(path)).body
    expect(first).toEqual({
      ...{ event_id: receiver.deliveries[0]?.event.id, type: 'device-status-changed', data: { id, status: 'pending' } },
      ...{ time: expect.any(String), state: 'pending', attempts: 1, status_code: 500, took_ms: expect.any(Number) },
      ...{ error: 'the target responded with 500', last_attempt: expect.any(String), next_attempt: expect.any(String) },
      response: `nothing works\ufffd${'é'.repeat(500 - 'nothing works.'.length)}`,
    })
    expect(Date.parse(first.next_attempt)).toBeGreaterThan(Date.parse(first.last_attempt))
    expect(second).toMatchObject({ data: { id, status: 'rejected' }, state: 'pending', attempts: 0 })

    status = 200
    const again = (event_id: string) => api.post(`${path}/${event_id}/redeliver`)
    expect(await again(first.event_id)).toMatchObject({ status: 204 })
    await receiver.until(({ length }) => length >= 3)
    await expect.poll(async () => (await api.get(`${path}?state=delivered`)).body).toHaveLength(2)
    // Delivered: now out of order, and with the same body.
    expect(await again(first.event_id.toUpperCase())).toMatchObject({ status: 204 })
    await receiver.until(({ length }) => length >= 4)
    expect(receiver.deliveries.map(({ event }) => event.id)).toEqual([
      ...[first.event_id, first.event_id, second.event_id, first.event_id],
    ])
    expect(receiver.deliveries[3]?.text).toBe(receiver.deliveries[0]?.text)
    await expect.poll(async () => (await api.get(`${path}?state=delivered`)).body[1]).toMatchObject({ attempts: 3 })
    expect((await api.get(`${path}?state=delivered`)).body[1]).not.toHaveProperty('next_attempt')

    expect(await again(integration_id)).toMatchObject({ status: 404, body: { code: 'delivery_not_found' } })
    expect(await api.get(`${path}?state=lost`)).toMatchObject({ status: 400 })
    await api.delete(`${INTEGRATIONS}/${integration_id}`)
    for (const gone of [api.get(path), again(first.event_id)])
      expect(await gone).toMatchObject({ status: 404, body: { code: 'integration_not_found' } })
    const changes = (await eventsOf(server, tenant)).map(({ change }) => change)
    expect(changes).toContain(`Sent the event ${first.event_id} (device-status-changed) again`)
  })
})
