import { randomUUID } from 'node:crypto'
import { logIn, openManager } from '../src/client/manager.ts'
import { migrate } from '../src/db/migrate.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { createDistributed, createEverywhere, dropEverywhere, findNodes } from '../test/support/citus.ts'
import { databaseUrl, run } from '../test/support/run-statement.ts'
import { cpuOf, familyOf } from './kit/cpu.ts'
import { ATTRIBUTES, type Fleet, makeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { makeDeployment } from './kit/rollout.ts'
import { ADMINISTRATOR, openTestbed, postmasterOf, type Testbed } from './kit/testbed.ts'
import { idlePoll } from './poll.ts'
import { type Row, rowOf } from './row.ts'

const ROUNDS = 3
/** Of a round. */
const DEVICES = Math.ceil(2000 * Number(process.env.BENCH_SCALE ?? 1))
const POLLS_MS = 2000
const PAGES = 50
const STEPS = ['downloading', 'installing', 'rebooting', 'success']

/** What requests cost a cluster, compared with a plain database on the same PostgreSQL as its coordinator. */
export async function benchCitus(): Promise<Row[]> {
  const url = process.env.MUSTER_TEST_CITUS_URL
  if (!url) throw new Error('MUSTER_TEST_CITUS_URL must be the maintenance database of the coordinator of a cluster.')
  const nodes = await findNodes(url)
  const pids = await Promise.all(nodes.map(pidOf))
  await using plain = await openSide(pids, await createPlain(nodes.slice(0, 1)))
  await using cluster = await openSide(pids, await createCluster(nodes))
  const sides = [cluster, plain]
  const costs = sides.map((): Cost[] => [])
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, side] of sides.entries()) costs[i]!.push(await costOf(side, round))
  const of = (side: number, name: keyof Cost) => costs[side]!.map((cost) => cost[name])
  return (['idle poll', 'update to its end', 'first page'] as const).map((name) =>
    rowOf(name, of(0, name), of(1, name), 'us of all databases'),
  )
}

type Created = { url: string; drop(): Promise<unknown> }

async function createPlain(nodes: readonly string[]): Promise<Created> {
  const name = `plain_${randomUUID().replaceAll('-', '')}`
  await createEverywhere(nodes, name)
  const url = databaseUrl(nodes[0]!, name)
  const pool = openPool(url, 1)
  await migrate(pool)
  await pool.close()
  return { url, drop: () => dropEverywhere(nodes, name) }
}

async function createCluster(nodes: readonly string[]): Promise<Created> {
  const name = `citus_${randomUUID().replaceAll('-', '')}`
  await createDistributed(nodes, name, Number(process.env.BENCH_SHARDS ?? 32))
  return { url: databaseUrl(nodes[0]!, name), drop: () => dropEverywhere(nodes, name) }
}

async function pidOf(node: string): Promise<number> {
  const [row] = await run<{ data_directory: string }>(node, 'show data_directory')
  return postmasterOf(row!.data_directory)
}

type Side = AsyncDisposable & { testbed: Testbed; pids: readonly number[]; tenant_id: string; idle: Fleet }

async function openSide(pids: readonly number[], { url, drop }: Created): Promise<Side> {
  const testbed = await openTestbed(url)
  const tenant = await testbed.db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
  const idle = await makeFleet(testbed, { tenant_id: await makeTenant(testbed), size: DEVICES })
  await makeFleet(testbed, { tenant_id: tenant!.tenant_id, size: DEVICES })
  await vacuum(testbed)
  const close = async () => {
    await testbed[Symbol.asyncDispose]()
    await drop()
  }
  return { testbed, pids, tenant_id: tenant!.tenant_id, idle, [Symbol.asyncDispose]: close }
}

/** Microseconds of processor time of all databases. */
type Cost = Record<'idle poll' | 'update to its end' | 'first page', number>

const costOf = async (side: Side, round: number): Promise<Cost> => ({
  'idle poll': await costOfPolls(side),
  'update to its end': await costOfUpdates(side, round),
  'first page': await costOfPages(side),
})

async function measured({ pids }: Side, work: () => Promise<number>): Promise<number> {
  const used = () => cpuOf(pids.flatMap(familyOf))
  const before = used()
  const count = await work()
  return ((used() - before) * 1000) / count
}

async function costOfPolls(side: Side): Promise<number> {
  const { load, muster } = side.testbed
  await load.addRequests(
    'idle',
    times(DEVICES, (i) => idlePoll(side.idle.token(i))),
  )
  const job = { port: muster.port, requests: 'idle', connections: 64 }
  // Twice: a cluster remembers no device that polls within a second after a change or the start of the server.
  for (let n = 0; n < 2; n++) await load.run({ ...job, ms: POLLS_MS })
  return measured(side, async () => expecting(await load.run({ ...job, ms: POLLS_MS }), 204))
}

/** Each device is offered an update and reports four times. */
async function costOfUpdates(side: Side, round: number): Promise<number> {
  const { testbed } = side
  const { load, muster } = testbed
  const tenant_id = await makeTenant(testbed)
  const attributes = sql`jsonb_set(${ATTRIBUTES}, '{inventory,wave}', to_jsonb(${round}::int))`
  const fleet = await makeFleet(testbed, { tenant_id, size: DEVICES, attributes })
  const id = await makeDeployment(testbed, tenant_id, { wave: round })
  const path = `/api/devices/v1/deployments/device/deployments/${id}/status`
  const step = (status: string) => (i: number) => requestText('PUT', path, { token: fleet.token(i), body: { status } })
  const name = (part: string) => `${tenant_id} ${part}`
  await load.addRequests(
    name('poll'),
    times(DEVICES, (i) => idlePoll(fleet.token(i))),
  )
  for (const status of STEPS) await load.addRequests(name(status), times(DEVICES, step(status)))
  const send = async (part: string, expects: number) =>
    expecting(await load.run({ port: muster.port, requests: name(part), connections: 64 }), expects)
  return measured(side, async () => {
    await send('poll', 200)
    for (const status of STEPS) await send(status, 204)
    return DEVICES
  })
}

async function costOfPages(side: Side): Promise<number> {
  const { url } = side.testbed.muster
  const manager = openManager({ url, token: await logIn({ url }, ADMINISTRATOR) })
  const page = async () => {
    const { status } = await manager.get('/api/management/v1/inventory/devices?per_page=20')
    if (status !== 200) throw new Error(`The list returned status ${status}.`)
  }
  await page()
  return measured(side, async () => {
    for (let n = 0; n < PAGES; n++) await page()
    return PAGES
  })
}

function expecting({ requests, statuses }: { requests: number; statuses: Record<string, number> }, status: number) {
  if (statuses[status] !== requests)
    throw new Error(`Expected only status ${status}, but got ${JSON.stringify(statuses)}`)
  return requests
}
