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

type Case = { times: number; send(manager: Manager): Promise<{ status: number; body: string }> }
const SEARCH = '/api/management/v2/inventory/filters/search'
const CASES: Record<string, Case> = {
  'first page of devices': { times: 400, send: (manager) => manager.get('/api/management/v1/inventory/devices') },
  deployments: { times: 400, send: (manager) => manager.get('/api/management/v1/deployments/deployments') },
  'text in any attribute': {
    times: 8,
    send: (manager) => manager.post(SEARCH, { page: 1, per_page: 20, text: 'zzzz' }),
  },
}

/** The wall-clock time of a request, with eight at once, and its CPU time by process; in ms. */
type Cost = { wall: number; server: number; primary: number; replica: number }
type Subject = { pid: number; manager: Manager }

/** Alternates between two servers on one primary, one of which also uses its replica. */
export async function benchReplica(): Promise<Row[]> {
  await using pair = await startPair()
  await pair.set('log_statement = none')
  const dir = await mkdtemp(join(tmpdir(), 'muster-bench-'))
  const alone = await startServer(dir, pair.primary_url)
  const withReplica = await startServer(dir, pair.primary_url, { DATABASE_REPLICA_URL: pair.replica_url })
  const db = openPool(pair.primary_url, 4)
  try {
    const tenant = await db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
    await fillFleet(db, tenant?.tenant_id ?? '', DEVICES)
    const databases = { primary: await pair.primaryPid(), replica: (await pair.pids())[0] ?? 0 }
    const open = async ({ url, pid }: { url: string; pid: number }): Promise<Subject> => ({
      ...{ pid, manager: openManager({ url, token: await logIn({ url }, ADMINISTRATOR) }) },
    })
    const subjects = [await open(alone), await open(withReplica)] as const
    const rows = []
    for (const [name, one] of Object.entries(CASES))
      rows.push(...(await compareOne(name, one, { subjects, databases })))
    return rows
  } finally {
    await db.close()
    await alone.stop()
    await withReplica.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

type Setup = { subjects: readonly [Subject, Subject]; databases: { primary: number; replica: number } }

async function compareOne(name: string, one: Case, { subjects, databases }: Setup): Promise<Row[]> {
  const costs: [Cost[], Cost[]] = [[], []]
  for (let round = -1; round < ROUNDS; round++)
    for (const i of [0, 1] as const) {
      const found = await measure(one, subjects[i], databases)
      // The first round is a warm-up.
      if (round >= 0) costs[i].push(found)
    }
  const [withoutReplica, withReplica] = costs
  const row = (what: string, of: (cost: Cost) => number, baseline = of) =>
    rowOf(`${name}: ${what}`, withReplica.map(of), withoutReplica.map(baseline), 'ms')
  return [
    row('time', ({ wall }) => wall),
    row('CPU of the server', ({ server }) => server),
    row('CPU of the primary', ({ primary }) => primary),
    row(
      'CPU of the replica, compared with the primary without it',
      ({ replica }) => replica,
      ({ primary }) => primary,
    ),
  ]
}

async function measure({ times, send }: Case, { pid, manager }: Subject, databases: Setup['databases']): Promise<Cost> {
  const cpu = () => [cpuOf([pid]), cpuOf(familyOf(databases.primary)), cpuOf(familyOf(databases.replica))]
  const [before, begun] = [cpu(), performance.now()]
  let left = times
  const work = async () => {
    while (left-- > 0) {
      const { status, body } = await send(manager)
      if (status !== 200) throw new Error(`The server returned status ${status}: ${body}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const wall = performance.now() - begun
  const [server = 0, primary = 0, replica = 0] = cpu().map((after, i) => (after - (before[i] ?? 0)) / times)
  return { wall: wall / times, server, primary, replica }
}
