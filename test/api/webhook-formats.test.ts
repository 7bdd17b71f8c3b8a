import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { raw, sql } from '../../src/db/sql.ts'
import { pruneWebhooks } from '../../src/webhooks/prune-webhooks.ts'
import { authOf } from '../support/auth.ts'
import { deploy, poll } from '../support/deploy.ts'
import { makeFleet } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { mailSettings, startMailServer } from '../support/mail-server.ts'
import { INTEGRATIONS, integrate, startReceiver } from '../support/receiver.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { eventsOf } from '../support/users.ts'

const V2 = '/api/management/v2/iot-manager/integrations'
const DEPLOYMENTS_V2 = '/api/management/v2/deployments/deployments'
const URL = 'https://hooks.example.com/'
const MINUTE_MS = 60_000

const server = useServer({ environment: { MUSTER_WEBHOOK_ALLOW: 'loopback', MUSTER_WEBHOOK_TIMEOUT_S: '2' } })

const body = (url: string, more: object = {}) => ({
  ...{ provider: 'webhook', credentials: { type: 'http', http: { url } }, ...more },
})
const invalid = (problem: string) => ({
  ...{ status: 400, body: { code: 'invalid_request', error: expect.stringContaining(problem) } },
})
const idOf = ({ headers }: { headers: Headers }) => headers.get('location')?.split('/').at(-1) ?? ''

describe('the events of an integration', () => {
  test('are those of the types that it names; of another one all, and both in their order', async () => {
    await using some = await startReceiver()
    await using all = await startReceiver()
    const tenant = await server.tenant()
    const { api } = tenant
    const events = ['device-decommissioned', 'device-provisioned', 'device-provisioned']
    const made = await api.post(INTEGRATIONS, body(some.url, { events }))
    expect(made).toMatchObject({ status: 201 })
    await integrate(api, all.url)
    // In the order of the documents, each once.
    const shown = await api.get(`${INTEGRATIONS}/${idOf(made)}`)
    expect(shown.body).toMatchObject({ format: 'json', events: ['device-provisioned', 'device-decommissioned'] })
    const auth = authOf(server, tenant)
    const { id, set_id } = await auth.waiting()
    await auth.setStatus(id, set_id, 'accepted')
    await auth.decommission(id)
    await all.until(({ length }) => length === 4)
    await some.until(({ length }) => length === 2)
    expect(some.types()).toEqual(['device-provisioned', 'device-decommissioned'])
    expect(all.types()).toEqual([
      ...['device-status-changed', 'device-provisioned', 'device-status-changed', 'device-decommissioned'],
    ])
    const [pending] = (await api.get('/api/management/v1/iot-manager/events?per_page=500')).body.slice(-1)
    await expect.poll(async () => (await api.get(`${V2}/${idOf(made)}/deliveries?state=delivered`)).body.length).toBe(2)
    expect(pending.type).toBe('device-status-changed')
  })

  test('can be changed, as the format and the description; the audit log says how', async () => {
    await using receiver = await startReceiver()
    const tenant = await server.tenant()
    const { api } = tenant
    const id = await integrate(api, receiver.url)
    const change = (to: object) => api.patch(`${V2}/${id}`, to)
    expect(await change({ events: ['device-provisioned'], format: 'slack', description: 'chat' })).toMatchObject({
      status: 204,
    })
    expect(await change({ description: 'chat' })).toMatchObject({ status: 204 })
    expect(await change({})).toMatchObject({ status: 204 })
    expect((await api.get(`${INTEGRATIONS}/${id}`)).body).toMatchObject({
      ...{ format: 'slack', description: 'chat', events: ['device-provisioned'] },
    })
    const auth = authOf(server, tenant)
    const device = await auth.waiting()
    await auth.setStatus(device.id, device.set_id, 'accepted')
    await receiver.until(({ length }) => length === 1)
    expect(receiver.deliveries[0]?.event).toEqual({
      text: expect.stringContaining(`Device ${device.id} was accepted\n`),
    })
    expect(await change({ events: null, format: 'json' })).toMatchObject({ status: 204 })
    expect((await api.get(`${INTEGRATIONS}/${id}`)).body).not.toHaveProperty('events')
    const changes = (await eventsOf(server, tenant)).filter(({ object }) => 'integration' in object)
    expect(changes.map(({ change }) => change)).toEqual([
      null,
      [
        ...['-description: ""', '+description: "chat"', '-format: "json"', '+format: "slack"'],
        ...['-events: "all"', '+events: ["device-provisioned"]'],
      ].join('\n'),
      ['-format: "slack"', '+format: "json"', '-events: ["device-provisioned"]', '+events: "all"'].join('\n'),
    ])
  })

  test('must be known types, at least one, and the format must fit the address', async () => {
    const { api } = await server.tenant()
    for (const events of [[], ['device-flew'], 'device-provisioned', null])
      expect(await api.post(INTEGRATIONS, body(URL, { events }))).toMatchObject({ status: 400 })
    expect(await api.post(INTEGRATIONS, body(URL, { format: 'email' }))).toMatchObject(invalid('format: must be email'))
    expect(await api.post(INTEGRATIONS, body(URL, { format: 'xml' }))).toMatchObject({ status: 400 })
    const id = await integrate(api, URL)
    expect(await api.patch(`${V2}/${id}`, { events: [] })).toMatchObject({ status: 400 })
    expect(await api.patch(`${V2}/${id}`, { format: 'email' })).toMatchObject(invalid('format: must be email'))
    expect(await api.patch(`${V2}/none`, {})).toMatchObject({ status: 404, body: { code: 'integration_not_found' } })
  })

  test('are not sent by e-mail by a server without a mail server', async () => {
    const { api } = await server.tenant()
    expect(await api.post(INTEGRATIONS, body('mailto:ops@example.com'))).toMatchObject(
      invalid('the server sends no e-mail, MUSTER_SMTP_URL is not set'),
    )
  })
})

test('an integration is failing from its first failed attempt until it accepts what it has refused', async () => {
  let status = 500
  await using receiver = await startReceiver(() => ({ status }))
  const tenant = await server.tenant()
  const id = await integrate(tenant.api, receiver.url)
  const failing = async () => (await tenant.api.get(`${INTEGRATIONS}/${id}`)).body.failing_since
  expect(await failing()).toBeUndefined()
  const auth = authOf(server, tenant)
  await auth.waiting()
  await expect.poll(failing).toMatch(/^\d{4}-/)
  const since = await failing()
  status = 200
  // Another device: the first one still waits for its next attempt.
  const { id: other } = await auth.waiting()
  await receiver.until((deliveries) => deliveries.some(({ event }) => event.data.id === other))
  await expect.poll(async () => (await tenant.api.get(`${V2}/${id}/deliveries?state=delivered`)).body.length).toBe(1)
  expect(await failing()).toBe(since)
  server.advance(MINUTE_MS)
  await expect.poll(failing).toBeUndefined()
  server.advance(-MINUTE_MS)
})

test('a deployment that cannot be announced keeps no other waiting', async () => {
  const { tenant, ids } = await makeFleet(server, 2)
  await using receiver = await startReceiver()
  await integrate(tenant.api, receiver.url)
  const { db } = server.env
  const isAnnounced = (id: string) => () =>
    receiver.deliveries.some(({ event }) => event.data.id === id && event.type === 'deployment-gate-waiting')
  // Whichever of both is the first to be announced.
  for (const refused of [0, 1]) {
    const phases = [{ batch_size: 50, gate: { approval: 'required' } }, {}]
    const gated = { name: 'gated', artifact_name: 'release-1', devices: ids, phases }
    const both = [await deploy(tenant.api, gated), await deploy(tenant.api, gated)]
    // The text of a definition has no parameters.
    const condition = raw(`not (type = 'deployment-gate-waiting' and subject = 'deployment:${both[refused]}')`)
    await db.query(sql`alter table webhook_events add constraint refused check (${condition}) not valid`)
    await expect(server.supervise()).rejects.toThrow()
    await expect.poll(isAnnounced(both[1 - refused]!)).toBe(true)
    expect(isAnnounced(both[refused]!)()).toBe(false)
    await db.query(sql`alter table webhook_events drop constraint refused`)
    await server.supervise()
    await expect.poll(isAnnounced(both[refused]!)).toBe(true)
  }
})

test('the event of a gate that waits is kept, however old, so that it is announced once', async () => {
  const { tenant, devices, ids } = await makeFleet(server, 2)
  await using receiver = await startReceiver()
  await integrate(tenant.api, receiver.url)
  const phases = [{ batch_size: 50, gate: { success_percent: 100, approval: 'required' } }, {}]
  const id = await deploy(tenant.api, { name: 'gated', artifact_name: 'release-1', devices: ids, phases })
  await poll(devices[0]!)
  await devices[0]!.report(id, 'success')
  await server.supervise()
  await receiver.until((all) => all.some(({ event }) => event.type === 'deployment-gate-waiting'))
  const prune = () =>
    pruneWebhooks({ db: server.env.db, now: () => new Date(Date.now() + 30 * 24 * 60 * MINUTE_MS) }, 7, never.signal)
  const never = new AbortController()
  const kept = async () => (await tenant.api.get('/api/management/v1/iot-manager/events')).body.map(typeOf)
  const typeOf = ({ type }: { type: string }) => type
  await prune()
  expect(await kept()).toEqual(['deployment-gate-waiting'])
  await server.supervise()
  expect(await kept()).toEqual(['deployment-gate-waiting'])
  await tenant.api.put(`/api/management/v1/deployments/deployments/${id}/status`, { status: 'aborted' })
  await prune()
  expect(await kept()).toEqual([])
})

describe('e-mails', () => {
  let mailServer: Awaited<ReturnType<typeof startMailServer>>
  let mailing: TestServer
  const refused = ['gone@example.com']
  beforeAll(async () => {
    mailServer = await startMailServer({ refused })
    mailing = await startServer({ environment: mailSettings(mailServer) })
  })
  afterAll(async () => {
    await mailing?.[Symbol.asyncDispose]()
    await mailServer?.[Symbol.asyncDispose]()
  })
  const mailsTo = (address: string) => mailServer.mails.filter(({ to }) => to.includes(address))

  test('are sent about what needs a person, in order, with a link to the deployment', async () => {
    const { tenant, devices, ids } = await makeFleet(mailing, 2)
    const { api, email } = tenant
    const made = await api.post(INTEGRATIONS, body('mailto:ops-1@example.com', { description: 'ops' }))
    expect((await api.get(`${INTEGRATIONS}/${idOf(made)}`)).body).toMatchObject({
      ...{ provider: 'webhook', format: 'email', credentials: { http: { url: 'mailto:ops-1@example.com' } } },
      events: [
        ...['deployment-gate-waiting', 'deployment-tripped', 'deployment-paused'],
        ...['deployment-rolled-back', 'deployment-finished'],
      ],
    })
    const failure_policy = { max_failures: 1, action: 'pause' }
    const id = await deploy(api, { name: 'europe', artifact_name: 'release-1', devices: ids, failure_policy })
    await poll(devices[0]!)
    await devices[0]!.report(id, 'failure')
    await api.post(`${DEPLOYMENTS_V2}/${id}/resume`)
    await api.post(`${DEPLOYMENTS_V2}/${id}/pause`, { reason: 'lunch' })
    await api.put(`/api/management/v1/deployments/deployments/${id}/status`, { status: 'aborted' })
    await expect.poll(() => mailsTo('ops-1@example.com').length).toBe(3)
    const [tripped, paused, finished] = mailsTo('ops-1@example.com')
    expect([tripped, paused, finished].map((mail) => mail?.headers.subject)).toEqual([
      'Deployment europe was paused by the failure policy',
      `Deployment europe was paused by ${email}`,
      'Deployment europe was aborted',
    ])
    expect(tripped?.text).toMatch(/1 of 1 device failed .*1 device has not started, and keeps the old release\./s)
    for (const mail of [tripped, paused, finished]) {
      expect(mail?.text).toContain(`https://muster.example.com/deployments/${id}`)
      expect(mail?.html).toContain(`<a href="https://muster.example.com/deployments/${id}">`)
    }
    await expect
      .poll(async () => (await api.get(`${V2}/${idOf(made)}/deliveries`)).body.at(-1))
      .toMatchObject({ type: 'deployment-tripped', state: 'delivered', attempts: 1, response: '250 kept' })
  })

  test('that the mail server refuses are failed attempts, and are sent again', async () => {
    const { tenant, ids } = await makeFleet(mailing, 1)
    const made = await tenant.api.post(
      ...([INTEGRATIONS, body('mailto:gone@example.com', { events: ['deployment-created'] })] as const),
    )
    await deploy(tenant.api, { name: 'asia', artifact_name: 'release-1', devices: ids })
    const newest = async () => (await tenant.api.get(`${V2}/${idOf(made)}/deliveries`)).body[0]
    await expect.poll(newest).toMatchObject({
      ...{ state: 'pending', attempts: 1, error: expect.stringContaining('550 no such mailbox') },
    })
    refused.length = 0
    await tenant.api.post(`${V2}/${idOf(made)}/deliveries/${(await newest()).event_id}/redeliver`)
    await expect.poll(newest).toMatchObject({ state: 'delivered', attempts: 2 })
    expect(await newest()).not.toHaveProperty('error')
    expect(mailsTo('gone@example.com')[0]?.headers.subject).toBe(`Deployment asia was created by ${tenant.email}`)
  })

  test('have recipients, and are about no single devices', async () => {
    const { api } = await mailing.tenant()
    for (const url of [
      ...['mailto:', 'mailto:ops', 'mailto:a@b.example,', 'mailto:a@b.example?cc=c@d.example', 'mailto:a b@c.example'],
      ...['mailto:%00@b.example', 'mailto:%0d%0aBcc:x@b.example', 'mailto:%zz@b.example', 'mailto:<a@b.example>'],
      `mailto:${Array.from({ length: 11 }, (_, n) => `a${n}@b.example`)}`,
    ])
      expect([url, await api.post(INTEGRATIONS, body(url))]).toMatchObject([url, invalid('must have e-mail addresses')])
    const url = 'mailto:a@b.example,c%2Bd@e.example'
    for (const type of ['deployment-device-failed', 'device-status-changed'])
      expect(await api.post(INTEGRATIONS, body(url, { events: [type] }))).toMatchObject(
        invalid(`must not have ${type}`),
      )
    expect(await api.post(INTEGRATIONS, body(url, { format: 'slack' }))).toMatchObject(invalid('format: must be email'))
    const signed = { provider: 'webhook', credentials: { type: 'http', http: { url, secret: '00' } } }
    expect(await api.post(INTEGRATIONS, signed)).toMatchObject(invalid('credentials.http.secret: must be absent'))
    const made = await api.post(INTEGRATIONS, body(url))
    expect(made).toMatchObject({ status: 201 })
    const replace = (to: string) =>
      api.put(`${INTEGRATIONS}/${idOf(made)}/credentials`, { type: 'http', http: { url: to } })
    expect(await replace(URL)).toMatchObject(invalid('http.url: cannot change between e-mail and HTTP'))
    expect(await replace('mailto:other@b.example')).toMatchObject({ status: 204 })
    expect(await api.patch(`${V2}/${idOf(made)}`, { events: null })).toMatchObject({ status: 204 })
    expect((await api.get(`${INTEGRATIONS}/${idOf(made)}`)).body.events).toHaveLength(5)
  })
})
