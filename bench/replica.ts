import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logIn, type Manager, openManager } from '../src/client/manager.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { startPair } from '../test/support/replica.ts'
import { ADMINISTRATOR, startServer } from './fleet-server.ts'
import { cpuOf, familyOf } from './kit/cpu.ts'
import { fillFleet } from './large-fleet.ts'
import { type Row, rowOf } from './row.ts'

const DEVICES = 50_000
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7)
const AT_ONCE = 8

type Case = { times: number; ask(manager: Manager): Promise<{ status: number; body: string }> }
const SEARCH = '/api/management/v2/inventory/filters/search'
const CASES: Record<string, Case> = {
  'first page of devices': { times: 400, ask: (manager) => manager.get('/api/management/v1/inventory/devices') },
  deployments: { times: 400, ask: (manager) => manager.get('/api/management/v1/deployments/deployments') },
  'text in any attribute': {
    times: 8,
    ask: (manager) => manager.post(SEARCH, { page: 1, per_page: 20, text: 'zzzz' }),
  },
}

/** What a request takes of the clock, with eight at once, and of the processors; in ms. */
type Taken = { clock: number; server: number; primary: number; replica: number }
type Subject = { pid: number; manager: Manager }

/** Two servers on one primary, one of which knows its replica, in turns. */
export async function benchReplica(): Promise<Row[]> {
  await using pair = await startPair()
  await pair.set('log_statement = none')
  const dir = await mkdtemp(join(tmpdir(), 'muster-bench-'))
  const alone = await startServer(dir, pair.primary_url)
  const listing = await startServer(dir, pair.primary_url, { DATABASE_REPLICA_URL: pair.replica_url })
  const db = openPool(pair.primary_url, 4)
  try {
    const tenant = await db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
    await fillFleet(db, tenant?.tenant_id ?? '', DEVICES)
    const databases = { primary: await pair.primaryPid(), replica: (await pair.pids())[0] ?? 0 }
    const open = async ({ url, pid }: { url: string; pid: number }): Promise<Subject> => ({
      ...{ pid, manager: openManager({ url, token: await logIn({ url }, ADMINISTRATOR) }) },
    })
    const subjects = [await open(alone), await open(listing)] as const
    const rows = []
    for (const [name, one] of Object.entries(CASES))
      rows.push(...(await compareOne(name, one, { subjects, databases })))
    return rows
  } finally {
    await db.close()
    await alone.stop()
    await listing.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

type Stand = { subjects: readonly [Subject, Subject]; databases: { primary: number; replica: number } }

async function compareOne(name: string, one: Case, { subjects, databases }: Stand): Promise<Row[]> {
  const taken: [Taken[], Taken[]] = [[], []]
  for (let round = -1; round < ROUNDS; round++)
    for (const i of [0, 1] as const) {
      const found = await measure(one, subjects[i], databases)
      // The first is to warm up.
      if (round >= 0) taken[i].push(found)
    }
  const [without, withOne] = taken
  const row = (what: string, of: (all: Taken) => number, against = of) =>
    rowOf(`${name}: ${what}`, withOne.map(of), without.map(against), 'ms')
  return [
    row('time', ({ clock }) => clock),
    row('CPU of the server', ({ server }) => server),
    row('CPU of the primary', ({ primary }) => primary),
    row(
      'CPU of the replica, against the primary without',
      ({ replica }) => replica,
      ({ primary }) => primary,
    ),
  ]
}

async function measure({ times, ask }: Case, { pid, manager }: Subject, databases: Stand['databases']): Promise<Taken> {
  const cpu = () => [cpuOf([pid]), cpuOf(familyOf(databases.primary)), cpuOf(familyOf(databases.replica))]
  const [before, begun] = [cpu(), performance.now()]
  let left = times
  const work = async () => {
    while (left-- > 0) {
      const { status, body } = await ask(manager)
      if (status !== 200) throw new Error(`It was answered with ${status}: ${body}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const clock = performance.now() - begun
  const [server = 0, primary = 0, replica = 0] = cpu().map((after, i) => (after - (before[i] ?? 0)) / times)
  return { clock: clock / times, server, primary, replica }
}
