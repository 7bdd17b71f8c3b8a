import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from './benches.ts'
import { cpuOf, familyOf } from './kit/cpu.ts'
import type { Count, CrowdPlan } from './kit/crowd.ts'
import { makeFleet, makeTenant, settle, times } from './kit/fleet.ts'
import { median } from './kit/measure.ts'
import type { Stand } from './kit/stand.ts'
import { table } from './kit/table.ts'
import { idlePoll } from './poll.ts'

const TIMES = 3
/** Connections are files: 12,000 of them on either side, within the usual limits. */
const DEVICES = 12_000
const REQUESTS = 'overload'
const ROUNDS = 5
const SUSTAINED = { connections: 64, ms: 3000 }
/** At the shortest hint a device stays away for so many of its intervals. */
const HEEDED_INTERVALS = 3
const SHORTEST_HINT_S = 30
const SETTLING_MS = 3000
const COUNTED_MS = 5000

type Measured = { answered: number; refused: number; p50_ms: number; p99_ms: number } & Cores
/** Processors that were busy. */
type Cores = { server: number; postgres: number; load: number }
type Round = Record<string, Measured>

const SUSTAINABLE = 'sustainable: 64 connections'
const HEEDING = `${TIMES} times as much, hints are heeded`
const HEEDLESS = `${TIMES} times as much, hints are passed over`

/** Idle polls, three times as many as can be answered. */
export const overload: Bench = {
  summary: `${TIMES} times as many idle polls as can be answered, of ${DEVICES.toLocaleString('en')} devices`,
  async run(stand) {
    const fleet = await makeFleet(stand, { tenant_id: await makeTenant(stand), size: DEVICES })
    await settle(stand)
    await stand.load.learn(
      REQUESTS,
      times(DEVICES, (i) => idlePoll(fleet.token(i))),
    )
    await sustain(stand)
    const rounds: Round[] = []
    let most = 0
    for (let round = 0; round < ROUNDS; round++) {
      const sustainable = await sustain(stand)
      // Where others use the machine too, what it can do at best is offered: less may be no overload a minute later.
      most = Math.max(most, sustainable.answered)
      const interval_ms = (DEVICES * 1000) / (TIMES * most)
      const heeded_ms = (HEEDED_INTERVALS * interval_ms) / SHORTEST_HINT_S
      rounds.push({
        [SUSTAINABLE]: sustainable,
        [HEEDING]: await crowd(stand, { interval_ms, heeded_ms }),
        [HEEDLESS]: await crowd(stand, { interval_ms }),
      })
    }
    return tableOf(rounds)
  },
}

const sustain = (stand: Stand) =>
  measure(stand, () => stand.load.run({ port: stand.muster.port, requests: REQUESTS, ...SUSTAINED }))

async function crowd(stand: Stand, manner: Pick<CrowdPlan, 'interval_ms' | 'heeded_ms'>) {
  await stand.load.gather({ port: stand.muster.port, requests: REQUESTS, ...manner })
  await sleep(SETTLING_MS)
  await stand.load.count()
  const measured = await measure(stand, async () => {
    await sleep(COUNTED_MS)
    return stand.load.count()
  })
  await stand.load.leave()
  await sleep(1000)
  return measured
}

async function measure(stand: Stand, work: () => Promise<Count>): Promise<Measured> {
  const read = () => [stand.muster.pid, stand.postgres_pid, stand.load.pid].map((pid) => cpuOf(familyOf(pid)))
  const before = read()
  const { elapsed_ms, statuses, p50_ms, p99_ms } = await work()
  const [server = 0, postgres = 0, load = 0] = read().map((used, i) => (used - (before[i] ?? 0)) / elapsed_ms)
  const perSecond = (status: number) => ((statuses[status] ?? 0) * 1000) / elapsed_ms
  return { answered: perSecond(204), refused: perSecond(429), p50_ms, p99_ms, server, postgres, load }
}

const HEAD = ['', 'answered a second', 'of sustainable', 'the same, for a CPU second of the server', 'p50', 'p99']

function tableOf(rounds: readonly Round[]): string {
  const rows = Object.keys(rounds[0] ?? {}).map((name) => {
    const mid = (of: (one: Measured, sustainable: Measured) => number) =>
      median(rounds.map((round) => of(round[name]!, round[SUSTAINABLE]!)))
    const cores = (of: (one: Measured) => number) => mid(of).toFixed(2)
    return [
      name,
      Math.round(mid(({ answered }) => answered)).toLocaleString('en'),
      percent(mid((one, sustainable) => one.answered / sustainable.answered)),
      percent(mid((one, sustainable) => perCpu(one) / perCpu(sustainable))),
      `${mid(({ p50_ms }) => p50_ms).toFixed(0)} ms`,
      `${mid(({ p99_ms }) => p99_ms).toFixed(0)} ms`,
      Math.round(mid(({ refused }) => refused)).toLocaleString('en'),
      ...[cores(({ server }) => server), cores(({ postgres }) => postgres), cores(({ load }) => load)],
    ]
  })
  return table([...HEAD, 'refused a second', 'cores: server', 'PostgreSQL', 'load'], rows)
}

const perCpu = ({ answered, server }: Measured): number => answered / server
const percent = (share: number): string => `${Math.round(100 * share)} %`
