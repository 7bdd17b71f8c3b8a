import { readFile } from 'node:fs/promises'
import { type Sql, sql } from '../src/db/sql.ts'
import type { Bench } from './benches.ts'
import { cpuOf, familyOf } from './kit/cpu.ts'
import { makeLargeFleet, makeTenant, vacuum } from './kit/fleet.ts'
import { table } from './kit/table.ts'
import type { Testbed } from './kit/testbed.ts'

const CONNECTIONS = 256
const FLEET = 'sustained'
/** One row per minute. */
const MINUTES = 5
/** A prime number: multiples of it visit each device once, in an order that looks random to the database. */
const STRIDE = 700_001

type Plan = { devices: number; interval_s: number; attributes?: Sql }

/** A million devices, each with its own token, that poll every five minutes in random order. */
export const sustained: Bench = {
  summary: '1,000,000 devices that poll every five minutes, for ten minutes',
  long: true,
  run: (testbed) => poll(testbed, { devices: 1_000_000 * SCALE, interval_s: 300 }),
}

/** With few attributes, which polls do not read: the bench would fill the disk. */
export const sustainedLarge: Bench = {
  summary: '10,000,000 devices that poll every ten minutes, for 15 minutes',
  long: true,
  run: (testbed) => poll(testbed, { devices: 10_000_000 * SCALE, interval_s: 600, attributes: FEW_ATTRIBUTES }),
}

const SCALE = Number(process.env.BENCH_SCALE ?? 1)
const FEW_ATTRIBUTES = sql`jsonb_build_object('inventory', jsonb_build_object('device_type', 'gateway'))`

/** The first interval is not measured: the caches of the server are empty then. */
async function poll(testbed: Testbed, { devices, interval_s, attributes }: Plan): Promise<string> {
  const tenant_id = await makeTenant(testbed)
  await makeLargeFleet(testbed, { tenant_id, size: devices, ...(attributes && { attributes }) })
  await vacuum(testbed)
  const secret = testbed.secret.toString('base64')
  await testbed.load.addPolls(FLEET, { tenant_id, secret, size: devices, stride: STRIDE })
  const rows: string[][] = []
  const before = interval_s / 60
  for (let minute = 0; minute < before + MINUTES; minute++) {
    const row = await oneMinute(testbed, minute, devices / interval_s)
    if (minute >= before) rows.push([`minute ${minute - before + 1}`, ...row])
  }
  return table(HEAD, rows)
}

const HEAD = [
  '',
  'per second',
  'p50',
  'p99',
  'max',
  'other than 204',
  'server memory',
  'cores: server',
  'PostgreSQL',
  'load',
]

async function oneMinute(testbed: Testbed, minute: number, per_second: number): Promise<string[]> {
  const groups = [[testbed.muster.pid], familyOf(testbed.postgres_pid), [testbed.load.pid]]
  const before = groups.map(cpuOf)
  const job = { port: testbed.muster.port, requests: FLEET, connections: CONNECTIONS, per_second }
  const { requests, elapsed_ms, statuses, p50_ms, p99_ms, max_ms } = await testbed.load.run({
    ...{ ...job, ms: 60_000 },
    from: Math.round(minute * 60 * per_second),
  })
  const cores = groups.map((pids, i) => ((cpuOf(pids) - (before[i] ?? 0)) / elapsed_ms).toFixed(2))
  return [
    ...[Math.round((requests * 1000) / elapsed_ms).toLocaleString('en'), ms(p50_ms), ms(p99_ms), ms(max_ms)],
    ...[String(requests - (statuses[204] ?? 0)), `${await memoryOf(testbed.muster.pid)} MiB`, ...cores],
  ]
}

const ms = (time: number): string => `${time.toFixed(1)} ms`

/** Resident memory, in MiB. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}
