import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { enrolDevices } from '../src/simulate/enrol.ts'
import { simulateDevice } from '../src/simulate/simulated-device.ts'
import { type Api, type ApiResponse, openApi } from './support/api.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { DEVAUTH } from './support/auth.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { deploy, V2 } from './support/deploy.ts'
import { type Delivery, integrate, startReceiver } from './support/receiver.ts'
import { isFull } from './support/sample.ts'
import { type ServerProcess, startProcess } from './support/server-process.ts'
import { signInAsAdministrator } from './support/until-gone.ts'

const KILLS = isFull ? 100 : 3
/** More than one process sends at a time. */
const DEVICES = 16
const DEPLOYMENTS = 4
/** Delivered before each kill. */
const BETWEEN = 20
/** How many changes of each may wait to be delivered: more would take longer than the kills. */
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

/** What is changed to one of two states in turns, and which of these changes were acknowledged. */
type Changed = { id: string; acknowledged: string[]; states: readonly [string, string]; change: Change }
type Change = (api: Api, state: string) => Promise<ApiResponse>

/** Devices whose authentication sets are rejected and accepted. */
async function enrol(api: Api): Promise<Changed[]> {
  const { url } = servers[0]!
  const devices = Array.from({ length: DEVICES }, (_, i) => simulateDevice({ url, identity: { mac: String(i) } }))
  await enrolDevices(api, devices, () => ({}))
  const { body } = await api.get(`${DEVAUTH}/devices?per_page=${DEVICES}`)
  return body.map(({ id, auth_sets: [set] }: { id: string; auth_sets: { id: string }[] }) => ({
    ...{ id, acknowledged: [], states: ['rejected', 'accepted'] },
    change: (api: Api, status: string) => api.put(`${DEVAUTH}/devices/${id}/auth/${set?.id}/status`, { status }),
  }))
}

/** Deployments that are paused and resumed. */
async function deployTo(api: Api, devices: readonly Changed[]): Promise<Changed[]> {
  await uploadTestArtifact(api, { name: 'release-1' })
  const create = async (): Promise<Changed> => {
    const id = await deploy(api, { artifact_name: 'release-1', devices: devices.map((device) => device.id) })
    const change: Change = (api, state) => api.post(`${V2}/${id}/${state === 'paused' ? 'pause' : 'resume'}`, {})
    return { id, acknowledged: [], states: ['paused', 'resumed'], change }
  }
  return Promise.all(Array.from({ length: DEPLOYMENTS }, create))
}

type Load = { token: string; isOver: () => boolean; isAhead: (changed: Changed) => boolean }

/** Changes something at one server after the other, until it is over. */
async function changeInTurns(changed: Changed, { token, isOver, isAhead }: Load) {
  const { acknowledged, states, change } = changed
  for (let n = 0; !isOver(); n++) {
    const state = states[n % 2]!
    const { url } = servers[n % servers.length]!
    const answer = await change(openApi(url, token), state).catch(() => undefined)
    // What a killed server did is unknown: the next change may change nothing.
    if (answer?.status === 204 && acknowledged.at(-1) !== state) acknowledged.push(state)
    do await new Promise((wake) => setTimeout(wake, 50))
    while (!isOver() && isAhead(changed))
  }
}

/** The state of which an event tells; undefined: it is about something else. */
function stateOf({ type, data }: Delivery['event']): string | undefined {
  if (type === 'device-status-changed') return data.status
  return /^deployment-(paused|resumed)$/.exec(type)?.[1]
}

/** Whether the texts occur in this order, with others between them. */
function occur(texts: readonly string[], all: readonly string[]): boolean {
  let found = 0
  for (const text of all) if (text === texts[found]) found++
  return found === texts.length
}

test(`nothing acknowledged is lost or out of order in ${KILLS} kills of two processes that deliver`, async () => {
  const received = new Map<string, number>()
  await using receiver = await startReceiver(({ event }) => {
    const { id } = event.data
    if (stateOf(event) !== undefined) received.set(id, (received.get(id) ?? 0) + 1)
    return { status: 200 }
  })
  const isAhead = ({ id, acknowledged }: Changed) => acknowledged.length >= (received.get(id) ?? 0) + AHEAD
  const admin = await signInAsAdministrator(servers[0]!.url)
  await integrate(admin, receiver.url)
  const devices = await enrol(admin)
  const all = [...devices, ...(await deployTo(admin, devices))]
  let isOver = false
  const load = all.map((one) => changeInTurns(one, { token: admin.token ?? '', isOver: () => isOver, isAhead }))
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
  for (const { id, acknowledged } of all) expectInOrder(receiver.deliveries, id, acknowledged)
  expect(all.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)).toBeGreaterThan(KILLS)
}, 3_600_000)

/** An event that was sent again comes before the next of its device or deployment. */
function expectInOrder(deliveries: readonly Delivery[], id: string, acknowledged: readonly string[]) {
  const own = deliveries.filter(({ event }) => event.data.id === id).map(({ event }) => event)
  const times = own.map(({ time }) => time as string)
  expect(times).toEqual(times.toSorted())
  const once = own.filter((event, i) => event.id !== own[i - 1]?.id)
  expect(new Set(once.map((event) => event.id)).size).toBe(once.length)
  const states = once.map(stateOf).filter((state) => state !== undefined)
  expect(occur(acknowledged, states), `${acknowledged} in ${states}`).toBe(true)
}
