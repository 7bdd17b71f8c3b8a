import { readFile } from 'node:fs/promises'
import type { Bench } from './benches.ts'
import { cpuOf, familyOf } from './kit/cpu.ts'
import { makeLargeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import { table } from './kit/table.ts'
import type { Testbed } from './kit/testbed.ts'
import { idlePoll } from './poll.ts'

const DEVICES = 1_000_000
const CHUNK = 100_000
const INTERVAL_S = 300
const PER_SECOND = DEVICES / INTERVAL_S
const CONNECTIONS = 256
const FLEET = 'sustained'
/** One row per minute. The first interval is not measured: the caches of the server are empty then. */
const MINUTES = 5
const BEFORE = 5

/** A million devices, each with its own token, that poll every five minutes in random order. */
export const sustained: Bench = {
  summary: '1,000,000 devices that poll every five minutes, for ten minutes',
  long: true,
  async run(testbed) {
    const tenant_id = await makeTenant(testbed)
    const fleet = await makeLargeFleet(testbed, { tenant_id, size: DEVICES })
    await vacuum(testbed)
    // A stride by a prime number visits each device once.
    for (let from = 0; from < DEVICES; from += CHUNK)
      await testbed.load.addRequests(
        FLEET,
        times(CHUNK, (i) => idlePoll(fleet.token(((from + i) * 700_001) % DEVICES))),
      )
    const rows: string[][] = []
    for (let minute = 0; minute < BEFORE + MINUTES; minute++) {
      const row = await oneMinute(testbed, minute)
      if (minute >= BEFORE) rows.push([`minute ${minute - BEFORE + 1}`, ...row])
    }
    return table(HEAD, rows)
  },
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

async function oneMinute(testbed: Testbed, minute: number): Promise<string[]> {
  const groups = [[testbed.muster.pid], familyOf(testbed.postgres_pid), [testbed.load.pid]]
  const before = groups.map(cpuOf)
  const job = { port: testbed.muster.port, requests: FLEET, connections: CONNECTIONS, per_second: PER_SECOND }
  const { requests, elapsed_ms, statuses, p50_ms, p99_ms, max_ms } = await testbed.load.run({
    ...{ ...job, ms: 60_000 },
    from: Math.round(minute * 60 * PER_SECOND),
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
