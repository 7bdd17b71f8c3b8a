import { describe, expect, test } from 'vitest'
import { operatorOf } from '../../src/auth/actor.ts'
import { createUser } from '../../src/auth/users/create-user.ts'
import type { Api } from '../support/api.ts'
import { ARTIFACTS, uploadTestArtifact } from '../support/artifact.ts'
import { authOf } from '../support/auth.ts'
import { deploy, inventoryTerm, saveFilter, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'

const LOGS = '/api/management/v1/auditlogs/logs'

const server = useServer()

// biome-ignore lint/suspicious/noExplicitAny: tests access arbitrary members
type Json = any

const everything = async (api: Api): Promise<Json[]> => (await api.get(`${LOGS}?per_page=500&sort=asc`)).body
const actions = (events: Json[]) => events.map(({ action, object }) => `${action} ${object.type}`)

/** The events that an action adds to the log. */
async function adds(api: Api, action: () => Promise<unknown>): Promise<Json[]> {
  const before = await everything(api)
  await action()
  const after = await everything(api)
  expect(after.slice(0, before.length)).toEqual(before)
  return after.slice(before.length)
}

const actorOf = (tenant: TestTenant) => ({ id: expect.any(String), type: 'user', email: tenant.email })

describe('the audit log', () => {
  test('has exactly one event for every audited action', async () => {
    const tenant = await server.tenant()
    const { api, tenant_id } = tenant
    const auth = authOf(server, tenant)
    const [first] = await enrol(server, tenant, 1)
    const waiting = await auth.waiting()
    const actor = actorOf(tenant)
    const artifact_id = { id: '' }

    const uploaded = await adds(api, async () => {
      artifact_id.id = await uploadTestArtifact(api, { name: 'release-1' })
    })
    const artifact = { name: 'release-1' }
    expect(uploaded).toEqual([
      { actor, action: 'upload', time: expect.any(String), object: { ...artifact_id, type: 'artifact', artifact } },
    ])

    await api.put(`/api/management/v1/inventory/devices/${first?.id}/group`, { group: 'fleet' })
    const filter_id = await saveFilter(api, inventoryTerm('device_type', 'qemux86-64'))
    const bodies = {
      [V1]: { name: 'listed', artifact_name: 'release-1', devices: [first?.id] },
      [`${V1}/group/fleet`]: { name: 'grouped', artifact_name: 'release-1' },
      [V2]: { name: 'matching', artifact_name: 'release-1', filter_id },
    }
    let id = ''
    for (const [path, body] of Object.entries(bodies)) {
      const created = await adds(api, async () => {
        id = (await api.post(path, body)).headers.get('location')?.split('/').at(-1) ?? ''
      })
      const deployment = { name: body.name, artifact_name: 'release-1' }
      expect(created).toMatchObject([{ actor, action: 'create', object: { id, type: 'deployment', deployment } }])
    }

    const aborted = await adds(api, () => api.put(`${V1}/${id}/status`, { status: 'aborted' }))
    const about = { name: 'matching', artifact_name: 'release-1' }
    expect(aborted).toMatchObject([{ actor, action: 'abort', object: { id, type: 'deployment', deployment: about } }])

    const rejected = await adds(api, () => auth.setStatus(waiting.id, waiting.set_id, 'rejected'))
    const identity_data = JSON.stringify(waiting.identity)
    const device = { id: waiting.id, type: 'device', device: { identity_data } }
    expect(rejected).toMatchObject([{ actor, action: 'reject', object: device }])

    const decommissioned = await adds(api, () => auth.decommission(waiting.id))
    expect(decommissioned).toMatchObject([{ actor, action: 'decommission', object: device }])

    const email = `second-of-${tenant.email}`
    const made = await adds(api, () =>
      createUser(server.env, operatorOf(tenant_id), { email, password: 'long enough' }),
    )
    expect(made).toMatchObject([{ action: 'create', object: { type: 'user', user: { email } } }])
  })

  test('contains no event for actions that were rejected or changed nothing', async () => {
    const tenant = await server.tenant()
    const { api } = tenant
    const auth = authOf(server, tenant)
    await uploadTestArtifact(api, { name: 'release-1' })
    const waiting = await auth.waiting()
    await auth.setStatus(waiting.id, waiting.set_id, 'rejected')
    const id = await deploy(api, { devices: ['anything'] })
    await api.put(`${V1}/${id}/status`, { status: 'aborted' })
    const added = await adds(api, async () => {
      await api.put(`${V1}/${id}/status`, { status: 'aborted' })
      await api.post(V1, { name: 'x', artifact_name: 'none', devices: ['a'] })
      await api.post(V1, { name: 'x', artifact_name: 'release-1', devices: [] })
      await api.post(ARTIFACTS, new FormData())
      await auth.setStatus(waiting.id, waiting.set_id, 'rejected')
      await auth.decommission('nobody')
    })
    expect(added).toEqual([])
  })

  test('is in strict order, also for simultaneous actions', async () => {
    const { api } = await server.tenant()
    const [before] = [await everything(api)]
    await uploadTestArtifact(api, { name: 'release-1' })
    await Promise.all(Array.from({ length: 30 }, () => deploy(api, { devices: ['a'] })))
    const events = await everything(api)
    expect(events).toHaveLength(before.length + 31)
    const times = events.map(({ time }) => time)
    for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(new Set(times).size).toBe(times.length)
    expect(times).toEqual([...times].sort())
    const latest = (await api.get(`${LOGS}?per_page=500`)).body
    expect(latest).toEqual([...events].reverse())
  })

  test('has pages of ten, with the total and links', async () => {
    const { api } = await server.tenant()
    await uploadTestArtifact(api, { name: 'release-1' })
    for (let i = 0; i < 23; i++) await deploy(api, { name: `d${i}`, devices: ['a'] })
    const all = (await api.get(`${LOGS}?per_page=100`)).body
    const paged: Json[] = []
    for (let page = 1; page <= 3; page++) {
      const { body, headers } = await api.get(`${LOGS}?page=${page}`)
      expect(headers.get('x-total-count')).toBe(String(all.length))
      expect(headers.get('link')).toContain(`page=3&per_page=10>; rel="last"`)
      expect(body.length).toBeGreaterThan(0)
      paged.push(...body)
    }
    expect(paged).toEqual(all)
    expect(all[0]).toMatchObject({ action: 'create', object: { deployment: { name: 'd22' } } })
  })

  test('is filtered by actor, by object and by time', async () => {
    const tenant = await server.tenant()
    const { api } = tenant
    const artifact_id = await uploadTestArtifact(api, { name: 'release-1' })
    server.advance(5000)
    const id = await deploy(api, { devices: ['a'] })
    const [user, upload, create] = await everything(api)
    const seconds = Math.floor(Date.parse(create.time) / 1000)
    const eventsOf = async (query: string) => (await api.get(`${LOGS}?${query}`)).body
    expect(await eventsOf(`actor_id=${create.actor.id}`)).toEqual([create, upload])
    expect(await eventsOf(`actor_email=${encodeURIComponent(tenant.email)}`)).toEqual([create, upload])
    expect(await eventsOf('actor_email=operator')).toEqual([user])
    expect(await eventsOf('actor_id=nobody')).toEqual([])
    expect(await eventsOf(`object_id=${id}`)).toEqual([create])
    expect(await eventsOf(`object_id=${artifact_id}&object_type=artifact`)).toEqual([upload])
    expect(await eventsOf(`object_id=${artifact_id}&object_type=device`)).toEqual([])
    expect(await eventsOf('object_type=user&actor_id=&object_id=&created_after=&sort=')).toEqual([user])
    expect(await eventsOf(`created_after=${seconds}`)).toEqual([create])
    expect(await eventsOf(`created_before=${seconds - 1}&sort=asc`)).toEqual([user, upload])
  })

  test.each([
    'sort=up',
    'object_type=dance',
    'created_after=soon',
    'created_before=1.5',
    'per_page=501',
    'actor_id=%00',
  ])('rejects %s', async (query) => {
    const { api } = await server.tenant()
    expect(await api.get(`${LOGS}?${query}`)).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/\w \w/) },
    })
  })

  test.each(['os', 'professional'] as const)('is not in the plan %s', async (plan) => {
    const { api } = await server.tenant(plan)
    for (const path of [LOGS, `${LOGS}/export`, `${LOGS}?page=none`])
      expect(await api.get(path)).toMatchObject({ status: 403, body: { error: 'Feature not available in your Plan.' } })
  })

  test('of another tenant is not visible', async () => {
    const [one, other] = [await server.tenant(), await server.tenant()]
    await uploadTestArtifact(one.api, { name: 'release-1' })
    expect(actions(await everything(other.api))).toEqual(['create user'])
    expect((await other.api.get(`${LOGS}/export`)).text).not.toContain('release-1')
  })
})

describe('the export', () => {
  test('contains the same events as the log, in order, whatever characters they contain', async () => {
    const { api } = await server.tenant()
    await uploadTestArtifact(api, { name: 'release-1' })
    const names = ['plain', 'a,b', 'say "hello"', 'two\r\nlines', 'ünï ☃', ' spaced ', "it's"]
    for (const name of names) await deploy(api, { name, devices: ['a'] })
    const { status, headers, text } = await api.get(`${LOGS}/export?sort=asc`)
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/csv/)])
    expect(headers.get('content-disposition')).toBe('attachment; filename="audit-log.csv"')
    const [header, ...records] = parseCsv(text)
    expect(header?.slice(0, 7)).toEqual([
      'time',
      'actor_id',
      'actor_type',
      'actor_email',
      'action',
      'object_type',
      'object_id',
    ])
    const events = await everything(api)
    expect(records.map(([time, , , , action, , id]) => ({ time, action, id }))).toEqual(
      events.map(({ time, action, object }) => ({ time, action, id: object.id })),
    )
    expect(records.slice(-names.length).map((record) => JSON.parse(record[7] ?? '').name)).toEqual(names)
  })

  test('accepts and rejects the same parameters', async () => {
    const { api } = await server.tenant()
    await uploadTestArtifact(api, { name: 'release-1' })
    expect(parseCsv((await api.get(`${LOGS}/export?object_type=artifact`)).text)).toHaveLength(2)
    expect(await api.get(`${LOGS}/export?sort=up`)).toMatchObject({ status: 400 })
  })

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1'])('contains no spreadsheet formula: %j', async (start) => {
    const tenant = await server.tenant()
    const email = `${start.trim()}@${tenant.email.split('@')[0]}.example.com`
    const by = { tenant_id: tenant.tenant_id, user_id: start, email }
    await createUser(server.env, by, { email: `x-${tenant.email}`, password: 'long enough' })
    const [latest] = parseCsv(
      (await tenant.api.get(`${LOGS}/export?actor_id=${encodeURIComponent(start)}`)).text,
    ).slice(1)
    expect(latest?.[1]).toBe(`'${start}`)
    expect(latest?.[3]).toBe(`'${email}`)
    expect(latest?.filter((cell) => /^\s*[=+\-@]/.test(cell))).toEqual([])
  })

  test('of more events than are read at once is complete', async () => {
    const tenant = await server.tenant()
    const { api } = tenant
    await uploadTestArtifact(api, { name: 'release-1' })
    const { recordEvent } = await import('../../src/events/record-event.ts')
    const object = { id: 'd', type: 'device' as const }
    await server.env.db.transaction(async (tx) => {
      for (let i = 0; i < 2100; i++)
        await recordEvent(
          tx,
          { tenant_id: tenant.tenant_id, user_id: String(i), email: tenant.email },
          { at: server.env.now(), action: 'reject', object },
        )
    })
    const ids = parseCsv((await api.get(`${LOGS}/export?object_type=device&sort=asc`)).text)
      .slice(1)
      .map(([, id]) => id)
    expect(ids).toEqual(Array.from({ length: 2100 }, (_, i) => String(i)))
    expect(parseCsv((await api.get(`${LOGS}/export`)).text)).toHaveLength(2100 + 3)
  })
})

/** RFC 4180: records end with CR LF, quoted cells may contain any character. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [[]]
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  for (let found = cells.exec(text); found; found = cells.exec(text)) {
    records.at(-1)?.push(found[1] === undefined ? (found[2] ?? '') : found[1].replaceAll('""', '"'))
    if (found[3] === '\r\n') records.push([])
    if (cells.lastIndex === text.length) break
  }
  expect(cells.lastIndex).toBe(text.length)
  return records.slice(0, -1)
}

test('the audit log is filtered by action', async () => {
  const { api } = await server.tenant()
  for (const name of ['release-1', 'release-2']) await uploadTestArtifact(api, { name })
  const { headers, body } = await api.get(`${LOGS}?action=upload&per_page=1`)
  expect([headers.get('x-total-count'), actions(body)]).toEqual(['2', ['upload artifact']])
  expect((await api.get(`${LOGS}?action=dance`)).body).toEqual([])
  expect((await api.get(`${LOGS}/export?action=upload`)).text.trim().split('\r\n')).toHaveLength(3)
})
