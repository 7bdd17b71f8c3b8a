import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { enrolDevices } from '../src/simulate/enrol.ts'
import { simulateDevice } from '../src/simulate/simulated-device.ts'
import { type Api, openApi } from './support/api.ts'
import { DEVAUTH } from './support/auth.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { type Delivery, integrate, startReceiver } from './support/receiver.ts'
import { isFull } from './support/sample.ts'
import { type ServerProcess, startProcess } from './support/server-process.ts'
import { signInAsAdministrator } from './support/until-gone.ts'

const KILLS = isFull ? 100 : 3
/** More than one process sends at a time. */
const DEVICES = 16
/** Delivered before each kill. */
const BETWEEN = 20
/** How many changes of a device may wait to be delivered: more would take longer than the kills. */
const AHEAD = 3

let database: Awaited<ReturnType<typeof cloneDatabase>>
let data_dir: string
const servers: ServerProcess[] = []
beforeAll(async () => {
  database = await cloneDatabase()
  data_dir = await mkdtemp(join(tmpdir(), 'muster-webhooks-'))
  servers.push(...(await Promise.all([start(), start()])))
})
afterAll(async () => {
  for (const server of servers) await server.kill()
  await database.drop()
  await rm(data_dir, { recursive: true, force: true })
})

const start = () =>
  startProcess({
    ...{ DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir },
    ...{ MUSTER_WEBHOOK_ALLOW: 'loopback', MUSTER_WEBHOOK_TIMEOUT_S: '1' },
  })

/** A device whose authentication set is rejected and accepted in turns, and what was acknowledged of that. */
type Device = { id: string; set: string; acknowledged: string[] }

async function enrol(api: Api): Promise<Device[]> {
  const { url } = servers[0]!
  const devices = Array.from({ length: DEVICES }, (_, i) => simulateDevice({ url, identity: { mac: String(i) } }))
  await enrolDevices(api, devices, () => ({}))
  const { body } = await api.get(`${DEVAUTH}/devices?per_page=${DEVICES}`)
  return body.map(({ id, auth_sets }: { id: string; auth_sets: { id: string }[] }) => ({
    ...{ id, set: auth_sets[0]?.id, acknowledged: [] },
  }))
}

type Load = { token: string; isOver: () => boolean; isAhead: (device: Device) => boolean }

/** Changes a device at one server after the other, until it is over. */
async function change(device: Device, { token, isOver, isAhead }: Load) {
  const { id, set, acknowledged } = device
  for (let n = 0; !isOver(); n++) {
    const status = n % 2 === 0 ? 'rejected' : 'accepted'
    const { url } = servers[n % servers.length]!
    const answer = await openApi(url, token)
      .put(`${DEVAUTH}/devices/${id}/auth/${set}/status`, { status })
      .catch(() => undefined)
    // What a killed server did is unknown: the next change may change nothing.
    if (answer?.status === 204 && acknowledged.at(-1) !== status) acknowledged.push(status)
    do await new Promise((wake) => setTimeout(wake, 50))
    while (!isOver() && isAhead(device))
  }
}

/** Whether the texts occur in this order, with others between them. */
function occur(texts: readonly string[], all: readonly string[]): boolean {
  let found = 0
  for (const text of all) if (text === texts[found]) found++
  return found === texts.length
}

test(`nothing acknowledged is lost or out of order in ${KILLS} kills of two processes that deliver`, async () => {
  const received = new Map<string, number>()
  await using receiver = await startReceiver(({ event: { type, data } }) => {
    if (type === 'device-status-changed') received.set(data.id, (received.get(data.id) ?? 0) + 1)
    return { status: 200 }
  })
  const isAhead = ({ id, acknowledged }: Device) => acknowledged.length >= (received.get(id) ?? 0) + AHEAD
  const admin = await signInAsAdministrator(servers[0]!.url)
  await integrate(admin, receiver.url)
  const devices = await enrol(admin)
  let isOver = false
  const load = devices.map((device) => change(device, { token: admin.token ?? '', isOver: () => isOver, isAhead }))
  for (let kill = 0; kill < KILLS; kill++) {
    const before = receiver.deliveries.length
    await receiver.until(({ length }) => length >= before + BETWEEN)
    const killed = kill % servers.length
    await servers[killed]!.kill()
    servers[killed] = await start()
  }
  isOver = true
  await Promise.all(load)

  const db = openPool(database.url, 1)
  try {
    const stored = await db.query<{ id: string }>(sql`select id from webhook_events`)
    const ids = () => new Set(receiver.deliveries.map(({ event }) => event.id))
    await receiver.until(() => ids().size >= stored.length)
    expect(ids()).toEqual(new Set(stored.map(({ id }) => id)))
    await expect.poll(() => db.first(sql`select 1 from webhook_streams`)).toBeUndefined()
    expect(await db.query(sql`select 1 from webhook_deliveries where state <> 'delivered'`)).toEqual([])
  } finally {
    await db.close()
  }
  for (const { id, acknowledged } of devices) expectInOrder(receiver.deliveries, id, acknowledged)
  expect(devices.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)).toBeGreaterThan(KILLS)
}, 3_600_000)

/** An event that was sent again comes before the next of its device. */
function expectInOrder(deliveries: readonly Delivery[], id: string, acknowledged: readonly string[]) {
  const own = deliveries.filter(({ event }) => event.data.id === id).map(({ event }) => event)
  const times = own.map(({ time }) => time as string)
  expect(times).toEqual(times.toSorted())
  const once = own.filter((event, i) => event.id !== own[i - 1]?.id)
  expect(new Set(once.map((event) => event.id)).size).toBe(once.length)
  const statuses = once.filter(({ type }) => type === 'device-status-changed').map(({ data }) => data.status)
  expect(occur(acknowledged, statuses), `${acknowledged} in ${statuses}`).toBe(true)
}
