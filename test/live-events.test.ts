import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bounded } from '../src/client/bounded.ts'
import { simulateDevice } from '../src/simulate/simulated-device.ts'
import { openApi } from './support/api.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { abort, deploy, poll, V2 } from './support/deploy.ts'
import { fleetOf, type Listening, listen, synced } from './support/events.ts'
import { expectCountersToEqualRows } from './support/recount.ts'
import { startServer, type TestServer } from './support/server.ts'
import { type ServerProcess, startProcess } from './support/server-process.ts'

const DEVICES = 60

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms))

let database: Awaited<ReturnType<typeof cloneDatabase>>
let data_dir: string
let server: TestServer
let processes: ServerProcess[]

beforeAll(async () => {
  database = await cloneDatabase()
  data_dir = await mkdtemp(join(tmpdir(), 'muster-live-'))
  server = await startServer({ database_url: database.url, data_dir })
  const environment = { DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir }
  processes = await Promise.all([startProcess(environment), startProcess(environment)])
})
afterAll(async () => {
  for (const one of processes ?? []) await one.stop()
  await server?.[Symbol.asyncDispose]()
  await database?.drop()
  await rm(data_dir, { recursive: true, force: true })
})

/** A client that reconnects again and again, each time to the other process; `stop` returns all its streams. */
function keepReconnecting(token: string | undefined) {
  const heard: Listening[] = []
  let isOver = false
  const reconnecting = (async () => {
    for (let i = 0; !isOver; i++) {
      const events = await listen({ url: processes[i % 2]!.url, token }, { last_id: heard.at(-1)?.last_id() })
      heard.push(events)
      await synced(events)
      await pause(Math.random() * 900)
      await events[Symbol.asyncDispose]()
    }
  })()
  const stop = async () => {
    isOver = true
    await reconnecting
    return heard
  }
  return stop
}

const statesOf = (streams: readonly Listening[], id: string) =>
  streams
    .flatMap(({ events }) => events.filter(({ event, data }) => event === 'deployment' && data.id === id))
    .map(({ data }) => data)

/** The total progress of the devices of a deployment, which never decreases. */
const progressOf = ({ statistics: { status } }: { statistics: { status: Record<string, number> } }) =>
  ['pending', 'downloading', 'installing', 'success'].reduce((sum, name, i) => sum + (i + 1) * (status[name] ?? 0), 0)

test('both processes stream the reports to either in order, also to a client that keeps reconnecting', async () => {
  const { tenant, filter_id, devices } = await fleetOf(server, DEVICES)
  const { token } = tenant.api
  const listeners = await Promise.all(processes.map(({ url }) => listen({ url, token })))
  await Promise.all(listeners.map((events) => synced(events)))
  const stop = keepReconnecting(token)
  const twins = devices.map((device) =>
    processes.map(({ url }) =>
      Object.assign(simulateDevice({ url, identity: device.identity }), { token: device.token }),
    ),
  )
  const ids: string[] = []
  for (let i = 0; i < 3; i++)
    ids.push(await deploy(openApi(processes[i % 2]!.url, token), { filter_id, max_devices: DEVICES }))
  for (const id of ids.slice(0, 2)) {
    await bounded(20, twins, async (twin, i) => {
      expect((await poll(twin[i % 2]!)).body.id).toBe(id)
      for (const [step, status] of ['downloading', 'installing', 'success'].entries()) {
        await pause(Math.random() * 800)
        expect((await twin[(i + step) % 2]!.report(id, status)).status).toBe(204)
      }
    })
  }
  await abort(openApi(processes[0]!.url, token), ids[2]!)
  for (const events of listeners)
    for (const id of ids) await events.until(() => events.state(id)?.status === 'finished')
  // Until the reconnecting client has connected to both once more.
  await pause(2500)
  const wandered = await stop()

  const read = (await tenant.api.get(V2)).body
  for (const streams of [...listeners.map((one) => [one]), wandered])
    for (const id of ids) {
      const states = statesOf(streams, id)
      expect(states.at(-1)).toEqual(read.find((one: { id: string }) => one.id === id))
      const progress = states.map(progressOf)
      if (id !== ids[2]) expect(progress).toEqual([...progress].sort((a, b) => a - b))
    }
  expect(wandered.length).toBeGreaterThan(4)
  expect(
    wandered
      .slice(1)
      .flatMap(({ events }) => events)
      .filter(({ event }) => event === 'reset'),
  ).toEqual([])
  for (const events of listeners) {
    expect(statesOf([events], ids[0]!).length).toBeGreaterThan(2)
    await events[Symbol.asyncDispose]()
  }
  await expectCountersToEqualRows(server.env.db)
})

test('a client of a killed process resumes its stream at the other one', async () => {
  const { tenant, filter_id } = await fleetOf(server, 1)
  const environment = { DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir }
  const doomed = await startProcess(environment)
  const id = await deploy(tenant.api, { filter_id })
  const events = await listen({ url: doomed.url, token: tenant.api.token })
  await synced(events)
  await Promise.all([doomed.kill(), events.ended])
  await abort(tenant.api, id)
  await using resumed = await listen({ url: processes[0]!.url, token: tenant.api.token }, { last_id: events.last_id() })
  await synced(resumed)
  expect(resumed.state(id).status).toBe('finished')
  expect(resumed.events[0]?.event).toBe('deployment')
})
