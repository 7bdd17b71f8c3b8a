import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from './benches.ts'
import { cpuOf, familyOf } from './kit/cpu.ts'
import { makeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { median } from './kit/measure.ts'
import type { Count, PollerPlan } from './kit/pollers.ts'
import { table } from './kit/table.ts'
import type { Testbed } from './kit/testbed.ts'
import { idlePoll } from './poll.ts'

const TIMES = 3
/** One connection per device: 12,000 file descriptors on each side, within the usual limits. */
const DEVICES = 12_000
const REQUESTS = 'overload'
const ROUNDS = 5
const SUSTAINED = { connections: 64, ms: 3000 }
/** A device that receives the shortest `Retry-After` pauses for this many of its intervals. */
const PAUSED_INTERVALS = 3
const SHORTEST_RETRY_AFTER_S = 30
const WARM_UP_MS = 3000
const COUNTED_MS = 5000

type Measured = { answered: number; rejected: number; p50_ms: number; p99_ms: number } & Cores
/** CPU cores in use. */
type Cores = { server: number; postgres: number; load: number }
type Round = Record<string, Measured>

const SUSTAINABLE = 'sustainable: 64 connections'
const HONORED = `${TIMES} times the load, Retry-After honored`
const IGNORED = `${TIMES} times the load, Retry-After ignored`
/** What the connections alone cost. */
const HELLO = 'bare Fastify: 64 connections'
const HELLO_OVERLOADED = `bare Fastify, ${TIMES} times the load`

/** The row that a row is a share of. */
const BASES: Record<string, string> = { [HELLO]: HELLO, [HELLO_OVERLOADED]: HELLO }

/** Idle polls at three times the sustainable rate. */
export const overload: Bench = {
  summary: `idle polls of ${DEVICES.toLocaleString('en')} devices at ${TIMES} times the sustainable rate`,
  async run(testbed) {
    const fleet = await makeFleet(testbed, { tenant_id: await makeTenant(testbed), size: DEVICES })
    await vacuum(testbed)
    await testbed.load.addRequests(
      REQUESTS,
      times(DEVICES, (i) => idlePoll(fleet.token(i))),
    )
    await testbed.load.addRequests(
      HELLO,
      times(DEVICES, () => requestText('GET', '/')),
    )
    await sustain(testbed, testbed.muster)
    await sustain(testbed, testbed.hello)
    const rounds: Round[] = []
    let highest = 0
    for (let round = 0; round < ROUNDS; round++) {
      const sustainable = await sustain(testbed, testbed.muster)
      const hello = await sustain(testbed, testbed.hello)
      // The load follows the best rate so far: on a shared machine, a lower rate might be no overload a minute later.
      highest = Math.max(highest, sustainable.answered)
      const interval_ms = (DEVICES * 1000) / (TIMES * highest)
      const pause_ms_per_second = (PAUSED_INTERVALS * interval_ms) / SHORTEST_RETRY_AFTER_S
      rounds.push({
        [SUSTAINABLE]: sustainable,
        [HONORED]: await runPollers(testbed, testbed.muster, { interval_ms, pause_ms_per_second }),
        [IGNORED]: await runPollers(testbed, testbed.muster, { interval_ms }),
        [HELLO]: hello,
        [HELLO_OVERLOADED]: await runPollers(testbed, testbed.hello, { interval_ms }),
      })
    }
    return tableOf(rounds)
  },
}

type Server = Pick<Testbed['muster'], 'pid' | 'port'>
type Timing = Pick<PollerPlan, 'interval_ms' | 'pause_ms_per_second'>

const sustain = (testbed: Testbed, server: Server) =>
  measure(testbed, server, () =>
    testbed.load.run({ port: server.port, requests: requestsFor(testbed, server), ...SUSTAINED }),
  )

const requestsFor = (testbed: Testbed, server: Server) => (server === testbed.hello ? HELLO : REQUESTS)

async function runPollers(testbed: Testbed, server: Server, timing: Timing) {
  await testbed.load.startPollers({ port: server.port, requests: requestsFor(testbed, server), ...timing })
  await sleep(WARM_UP_MS)
  await testbed.load.count()
  const measured = await measure(testbed, server, async () => {
    await sleep(COUNTED_MS)
    return testbed.load.count()
  })
  await testbed.load.stopPollers()
  await sleep(1000)
  return measured
}

async function measure(testbed: Testbed, { pid }: Server, work: () => Promise<Count>): Promise<Measured> {
  const read = () => [pid, testbed.postgres_pid, testbed.load.pid].map((pid) => cpuOf(familyOf(pid)))
  const before = read()
  const { elapsed_ms, statuses, p50_ms, p99_ms } = await work()
  const [server = 0, postgres = 0, load = 0] = read().map((used, i) => (used - (before[i] ?? 0)) / elapsed_ms)
  const perSecond = (status: number) => ((statuses[status] ?? 0) * 1000) / elapsed_ms
  return { answered: perSecond(200) + perSecond(204), rejected: perSecond(429), p50_ms, p99_ms, server, postgres, load }
}

const HEAD = ['', 'answered per second', 'of sustainable', 'the same per CPU second of the server', 'p50', 'p99']

function tableOf(rounds: readonly Round[]): string {
  const rows = Object.keys(rounds[0] ?? {}).map((name) => {
    const mid = (of: (one: Measured, sustainable: Measured) => number) =>
      median(rounds.map((round) => of(round[name]!, round[BASES[name] ?? SUSTAINABLE]!)))
    const cores = (of: (one: Measured) => number) => mid(of).toFixed(2)
    return [
      name,
      Math.round(mid(({ answered }) => answered)).toLocaleString('en'),
      percent(mid((one, sustainable) => one.answered / sustainable.answered)),
      percent(mid((one, sustainable) => perCpu(one) / perCpu(sustainable))),
      `${mid(({ p50_ms }) => p50_ms).toFixed(0)} ms`,
      `${mid(({ p99_ms }) => p99_ms).toFixed(0)} ms`,
      Math.round(mid(({ rejected }) => rejected)).toLocaleString('en'),
      ...[cores(({ server }) => server), cores(({ postgres }) => postgres), cores(({ load }) => load)],
    ]
  })
  return table([...HEAD, 'rejected per second', 'cores: server', 'PostgreSQL', 'load'], rows)
}

const perCpu = ({ answered, server }: Measured): number => answered / server
const percent = (share: number): string => `${Math.round(100 * share)} %`
