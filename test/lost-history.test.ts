import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { classifyDatabaseError } from '../src/db/database-errors.ts'
import { openPool } from '../src/db/pool.ts'
import { raw, sql } from '../src/db/sql.ts'
import { activeDeployments } from '../src/deployments/poll/active-deployments.ts'
import { openApi } from './support/api.ts'
import { enrolDdi, gatewayOf, linksOf } from './support/ddi.ts'
import { deploy, inventoryTerm, poll, saveFilter } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { listen, synced } from './support/events.ts'
import { type Pair, startPair } from './support/replica.ts'
import { startServer, type TestServer, type TestTenant } from './support/server.ts'
import { type Switch, startSwitch } from './support/switch.ts'
import { uploadMixed } from './support/twins.ts'
import { startLoad } from './support/until-gone.ts'

const INVENTORY = '/api/management/v1/inventory/devices'
const PATIENT = { timeout: 90_000, interval: 50 }
const WHERE = sql`select left(pg_walfile_name(pg_current_wal_flush_lsn()), 8) as timeline`

let pair: Pair
let address: Switch
let server: TestServer
beforeAll(async () => {
  pair = await startPair()
  address = await startSwitch(pair.primary_url)
  server = await startServer({ database_url: address.url, environment: { MUSTER_LOG_LEVEL: 'silent' } })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await address[Symbol.asyncDispose]()
  await pair[Symbol.asyncDispose]()
})

test('a server that reaches a standby refuses requests with 503, and works again as soon as it reaches the primary', async () => {
  const tenant = await server.tenant()
  const [device] = await enrol(server, tenant, 1)
  expect((await poll(device!)).status).toBe(204)
  address.to(pair.replica_url)
  // A connection that has just ended may fail a request differently.
  await expect.poll(async () => (await poll(device!)).status).toBe(503)
  const listed = await tenant.api.get(INVENTORY)
  expect(listed.status).toBe(503)
  for (const seconds of [(await poll(device!)).headers['retry-after'], listed.headers.get('retry-after')])
    expect(Number(seconds)).toBeGreaterThanOrEqual(5)
  address.to(pair.primary_url)
  await expect.poll(async () => (await poll(device!)).status).toBe(204)
  expect(server.env.db.history()).toBe(0)
})

test('a transaction that reaches a server that only reads is repeated on another connection', async () => {
  const pids: number[] = []
  const { db } = server.env
  await db.transaction(async (tx) => {
    const row = await tx.first<{ pid: number }>(sql`select pg_backend_pid() as pid`)
    if (pids.push(row!.pid) === 1) await tx.query(raw('set transaction read only'))
    await tx.query(sql`create table written_once (id int)`)
  })
  expect(new Set(pids).size).toBe(2)
  expect(pids).toHaveLength(2)
})

test('versions that a failover lost mean nothing when they are assigned again', async () => {
  const before = await prepare()
  racing = before
  await cutReplicaOff()
  const lost = await changeAndRemember(before)
  await using events = await listen(before.tenant.api)
  await synced(events)
  const last_id = events.last_id()
  await pair.onReplica('select pg_promote()')
  address.to(pair.replica_url)
  await expect.poll(async () => (await before.tenant.api.get(INVENTORY)).status, PATIENT).toBe(200)
  expect(server.env.db.history()).toBe(1)

  const { tenant, idle, reporter, newcomer, ddi, everyone } = before
  const id = await deploy(tenant.api, { filter_id: everyone })
  await tag(tenant, reporter.id)
  expect(await versionsOf(before)).toEqual(lost)
  // As each would be answered from memory, if its version was the one that is remembered.
  for (const device of [idle, newcomer]) expect(await poll(device)).toMatchObject({ status: 200, body: { id } })
  expect(Object.keys(await linksOf(ddi))).toEqual(['deploymentBase'])
  expect((await reporter.sendInventory(REPORT)).status).toBe(200)
  expect((await tenant.api.get(`${INVENTORY}/${reporter.id}`)).body.attributes).toContainEqual(
    expect.objectContaining({ scope: 'inventory', name: 'reported', value: REPORT.reported }),
  )
  await events.until(() => events.events.filter(({ event }) => event === 'reset').length === 2)
  // Until the number of the transaction in the event id is assigned again.
  for (let i = 0; i < 100; i++) await server.env.db.query(sql`select pg_current_xact_id()`)
  await using continued = await listen(tenant.api, { last_id })
  await synced(continued)
  expect(continued.events[0]?.event).toBe('reset')
  for (const device of [idle, newcomer]) expect((await device.report(id, 'success')).status).toBe(204)
})

/** A tenant that is in both histories. */
let racing: Prepared

const REPORT = { foo: 'foo', reported: 'before the failover' }

type Prepared = Awaited<ReturnType<typeof prepare>>

async function prepare() {
  const tenant = await server.tenant()
  await uploadMixed(tenant.api, 'release-1')
  const everyone = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  const nobody = await saveFilter(tenant.api, inventoryTerm('foo', 'nobody'))
  const devices = await enrol(server, tenant, 3, { foo: 'foo' })
  const [idle, reporter, newcomer] = [devices[0]!, devices[1]!, devices[2]!]
  const authorization = await gatewayOf(tenant)
  const ddi = await enrolDdi(server, tenant, { authorization, data: { device_type: 'qemux86-64', foo: 'foo' } })
  return { tenant, everyone, nobody, idle, reporter, newcomer, ddi }
}

/** The replica has everything so far, and gets nothing more. */
async function cutReplicaOff() {
  const [row] = await server.env.db.query<{ lsn: string }>(sql`select pg_current_wal_flush_lsn()::text as lsn`)
  const replayed = `select pg_last_wal_replay_lsn() >= '${row!.lsn}' as done`
  await expect.poll(() => pair.onReplica(replayed), PATIENT).toEqual([{ done: true }])
  await pair.set(`primary_conninfo = ''`)
  await expect.poll(() => pair.onReplica('select 1 from pg_stat_wal_receiver'), PATIENT).toEqual([])
}

/** Raises the versions of the tenant and of a device by one, and has the server remember what is so at them. */
async function changeAndRemember(prepared: Prepared) {
  const { tenant, nobody, idle, reporter, ddi } = prepared
  await deploy(tenant.api, { filter_id: nobody })
  for (let times = 0; times < 2; times++) {
    expect((await poll(idle)).status).toBe(204)
    expect(await linksOf(ddi)).toEqual({})
    expect((await reporter.sendInventory(REPORT)).status).toBe(200)
  }
  return versionsOf(prepared)
}

const versionsOf = ({ tenant: { tenant_id }, reporter }: Prepared) =>
  server.env.db.first<{ deployments: number; device: number }>(sql`
    select t.deployments_version as deployments, d.device_version as device
    from tenants t join devices d on d.tenant_id = t.tenant_id
    where t.tenant_id = ${tenant_id} and d.id = ${reporter.id}`)

const tag = async ({ api }: TestTenant, id: string) =>
  expect(await api.put(`${INVENTORY}/${id}/tags`, [{ name: 'tagged', value: 'after' }])).toMatchObject({ status: 200 })

test('a statement in flight at the former server fails, and no connection to it is used again', async () => {
  const db = openPool(address.url, 4)
  const timelines = async () => [...(await Promise.all([db.query(WHERE), db.query(WHERE)])), await db.hot.query(WHERE)]
  address.to(pair.primary_url)
  expect((await db.query(WHERE))[0]).toEqual({ timeline: '00000001' })
  const in_flight = db.query(sql`select pg_sleep(20)`)
  const in_transaction = db.transaction(async (tx) => {
    await tx.query(WHERE)
    // A connection of the other kind is opened, to the server that is the primary now.
    address.to(pair.replica_url, { stay: true })
    expect(await db.hot.query(WHERE)).toEqual([{ timeline: '00000002' }])
    await tx.query(WHERE)
  })
  for (const outcome of [in_flight, in_transaction]) expect(await outcome.catch(classifyDatabaseError)).toBe('away')
  expect(db.history()).toBe(1)
  expect((await timelines()).flat()).toEqual(Array(3).fill({ timeline: '00000002' }))
  expect(db.history()).toBe(1)
  await db.close()
})

test('nothing read from one history is remembered in another, whatever is in flight when it begins', async () => {
  const { db } = server.env
  const { tenant, nobody, everyone, idle, newcomer } = racing
  const devices = [idle, newcomer]
  for (let round = 0; round < ROUNDS; round++) {
    await beginHistoryOf(pair.primary_url)
    await deploy(tenant.api, { filter_id: nobody })
    for (const device of [...devices, ...devices]) expect((await poll(device)).status).toBe(204)
    const former = await versionsOf(racing)
    const polling = startLoad(Array.from({ length: 8 }, (_, i) => async () => void (await poll(devices[i % 2]!))))
    await beginHistoryOf(pair.replica_url)
    const id = await deploy(tenant.api, { filter_id: everyone })
    expect(await versionsOf(racing)).toMatchObject({ deployments: former?.deployments })
    for (const device of devices) expect(await poll(device)).toMatchObject({ status: 200, body: { id } })
    await polling.end()
    for (const device of devices) expect((await device.report(id, 'success')).status).toBe(204)
  }
  const { history } = db
  const past = { deployments_version: 1_000_000, history: history() - 1 }
  const refused = await activeDeployments(server.env, tenant.tenant_id, past).catch(classifyDatabaseError)
  expect(refused).toBe('away')
})

test('a poll that waits while another history begins is not answered by what was remembered before', async () => {
  const { tenant, nobody, everyone, idle, newcomer } = racing
  await beginHistoryOf(pair.primary_url)
  await deploy(tenant.api, { filter_id: nobody })
  for (const device of [idle, newcomer, idle, newcomer]) expect((await poll(device)).status).toBe(204)
  const former = await versionsOf(racing)
  await using other = await startServer({ database_url: pair.replica_url })
  const id = await deploy(openApi(other.url, tenant.api.token), { filter_id: everyone })
  const holder = new pg.Client(pair.primary_url)
  holder.on('error', () => {})
  await holder.connect()
  await holder.query('begin; lock table invalidations_pruned, device_deployments')
  // Two reads run at a time: the third poll waits for another one.
  const polls = []
  for (const device of [idle, newcomer, idle]) {
    polls.push(poll(device))
    await wait(100)
  }
  await beginHistoryOf(pair.replica_url)
  expect(await versionsOf(racing)).toMatchObject({ deployments: former?.deployments })
  for (const { status } of await Promise.all(polls)) expect([200, 503]).toContain(status)
  for (const device of [idle, newcomer]) expect(await poll(device)).toMatchObject({ status: 200, body: { id } })
  await holder.end()
})

const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms))

const ROUNDS = 3

/** Leads new connections there, and opens some, while those that are open stay. */
async function beginHistoryOf(url: string) {
  const { db } = server.env
  const former = db.history()
  address.to(url, { stay: true })
  // One fewer than there may be, so that another is opened while all are in use.
  await db.query(sql`select pg_terminate_backend(pg_backend_pid())`).catch(() => [])
  const use = () => db.query(sql`select pg_sleep(0.05)`).catch(() => [])
  while (db.history() === former) await Promise.all(Array.from({ length: 30 }, use))
}
