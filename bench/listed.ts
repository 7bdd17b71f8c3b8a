import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { logIn, type Manager, openManager } from '../src/client/manager.ts'
import { sql } from '../src/db/sql.ts'
import { whole } from '../src/texts/numbers.ts'
import type { Bench } from './benches.ts'
import { cpuOf, familyOf } from './kit/cpu.ts'
import { times } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { median } from './kit/measure.ts'
import { makeRelease, RELEASE } from './kit/rollout.ts'
import { table } from './kit/table.ts'
import { ADMINISTRATOR, type Testbed } from './kit/testbed.ts'

const PATH = '/api/management/v1/deployments/deployments'
/** What other requests are measured by: it asks PostgreSQL nothing. */
const PROBE = { requests: 'health', connections: 1, per_second: 100, ms: 200 }

/** Creation of static deployments that list their devices, compared with one SQL statement that stores such a list. */
export const listed: Bench = {
  summary: 'Creation of deployments to listed devices',
  async run(testbed) {
    const { db, muster } = testbed
    const tenant = await db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
    const tenant_id = tenant?.tenant_id ?? ''
    await makeRelease(testbed, tenant_id)
    await testbed.load.addRequests(PROBE.requests, [requestText('GET', '/health')])
    const manager = openManager({ url: muster.url, token: await logIn(muster, ADMINISTRATOR) })
    await db.query(sql`create table bench_list (tenant_id text, ids jsonb)`)
    const rows: string[][] = []
    for (const plan of PLANS) rows.push(await measure(testbed, manager, plan))
    return table(
      [
        ...['listed devices', 'created in', 'a list stored by SQL in', 'CPU: server', 'PostgreSQL'],
        ...['longest wait of another request', 'most memory of the server'],
      ],
      rows,
    )
  },
}

type Plan = { size: number; rounds: number }
const PLANS: readonly Plan[] = [
  { size: 10_000, rounds: 9 },
  { size: 100_000, rounds: 3 },
  { size: 1_000_000, rounds: 1 },
]

type Sample = { created: number; stored: number; server: number; postgres: number; waited: number }

async function measure(testbed: Testbed, manager: Manager, { size, rounds }: Plan): Promise<string[]> {
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++) samples.push(await measureOne(testbed, manager, size))
  const ms = (name: keyof Sample) => `${median(samples.map((sample) => sample[name])).toFixed(0)} ms`
  return [
    ...[whole(size), ms('created'), ms('stored'), ms('server'), ms('postgres')],
    ...[
      `${Math.max(...samples.map(({ waited }) => waited)).toFixed(0)} ms`,
      `${peakMebibytes(testbed.muster.pid)} MiB`,
    ],
  ]
}

async function measureOne({ db, muster, load, postgres_pid }: Testbed, manager: Manager, size: number) {
  const devices = times(size, () => randomUUID())
  const body = Buffer.from(JSON.stringify({ name: 'bench', artifact_name: RELEASE, devices }))
  const create = async () => {
    const response = await manager.post(PATH, body)
    if (response.status !== 201) throw new Error(`${PATH} returned status ${response.status}: ${response.body}`)
  }
  const used = () => [cpuOf([muster.pid]), cpuOf(familyOf(postgres_pid))] as const
  const before = used()
  const created = await timed(create)
  const after = used()
  const list = JSON.stringify(devices)
  const stored = await timed(() => db.query(sql`insert into bench_list values (${randomUUID()}, ${list})`))

  // Once more, because requests in between take time themselves.
  let [isCreated, waited] = [false, 0]
  const again = create().finally(() => {
    isCreated = true
  })
  while (!isCreated) waited = Math.max(waited, (await load.run({ ...PROBE, port: muster.port })).max_ms)
  await again
  return { created, stored, server: after[0] - before[0], postgres: after[1] - before[1], waited }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

const peakMebibytes = (pid: number) =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
