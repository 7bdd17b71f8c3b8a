import { readFile } from 'node:fs/promises'
import type { Bench } from './benches.ts'
import { cpuOf, familyOf } from './kit/cpu.ts'
import { makeLargeFleet, makeTenant, settle, times } from './kit/fleet.ts'
import type { Stand } from './kit/stand.ts'
import { table } from './kit/table.ts'
import { idlePoll } from './poll.ts'

const DEVICES = 1_000_000
const CHUNK = 100_000
const INTERVAL_S = 300
const PER_SECOND = DEVICES / INTERVAL_S
const CONNECTIONS = 256
const FLEET = 'sustained'
/** Each minute is told apart. The first interval comes before it is measured: nobody is known then. */
const MINUTES = 5
const BEFORE = 5

/** A million devices, each with a token of its own, in no order, every five minutes. */
export const sustained: Bench = {
  summary: '1,000,000 devices that poll every five minutes, for ten minutes',
  long: true,
  async run(stand) {
    const tenant_id = await makeTenant(stand)
    const fleet = await makeLargeFleet(stand, tenant_id, DEVICES)
    await settle(stand)
    // Strides by a prime meet each device once.
    for (let from = 0; from < DEVICES; from += CHUNK)
      await stand.load.learn(
        FLEET,
        times(CHUNK, (i) => idlePoll(fleet.token(((from + i) * 700_001) % DEVICES))),
      )
    const rows: string[][] = []
    for (let minute = 0; minute < BEFORE + MINUTES; minute++) {
      const row = await oneMinute(stand, minute)
      if (minute >= BEFORE) rows.push([`minute ${minute - BEFORE + 1}`, ...row])
    }
    return table(HEAD, rows)
  },
}

const HEAD = [
  '',
  'a second',
  'p50',
  'p99',
  'max',
  'other than 204',
  'server memory',
  'cores: server',
  'PostgreSQL',
  'load',
]

async function oneMinute(stand: Stand, minute: number): Promise<string[]> {
  const groups = [[stand.muster.pid], familyOf(stand.postgres_pid), [stand.load.pid]]
  const before = groups.map(cpuOf)
  const job = { port: stand.muster.port, requests: FLEET, connections: CONNECTIONS, per_second: PER_SECOND }
  const { requests, elapsed_ms, statuses, p50_ms, p99_ms, max_ms } = await stand.load.run({
    ...{ ...job, ms: 60_000 },
    from: Math.round(minute * 60 * PER_SECOND),
  })
  const cores = groups.map((pids, i) => ((cpuOf(pids) - (before[i] ?? 0)) / elapsed_ms).toFixed(2))
  return [
    ...[Math.round((requests * 1000) / elapsed_ms).toLocaleString('en'), ms(p50_ms), ms(p99_ms), ms(max_ms)],
    ...[String(requests - (statuses[204] ?? 0)), `${await memoryOf(stand.muster.pid)} MiB`, ...cores],
  ]
}

const ms = (time: number): string => `${time.toFixed(1)} ms`

/** Resident. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}
