import { cpuOf, familyOf } from './cpu.ts'
import { type Job, type Outcome, requestText } from './load.ts'
import type { Testbed } from './testbed.ts'

/** One result: requests per second, compared with a bare Fastify in the same rounds. */
export type Figure = {
  name: string
  per_second: number
  /** Relative to the baseline. */
  ratio: number
  p50_ms: number
  p99_ms: number
  /** CPU time per request, in microseconds. */
  server_us: number
  postgres_us: number
  load_us: number
}

/** One kind of request to measure. `expects`: the only status that is accepted. */
export type Workload = {
  name: string
  requests: readonly string[]
  expects: number
  connections?: number
}

const CONNECTIONS = 64
const ROUNDS = 5
const ROUND_MS = 1200
const WARM_UP_MS = 1500
/** The name of the baseline. */
export const HELLO = 'bare Fastify'

type Plan = { rounds?: number; ms?: number; warm_up_ms?: number }

/** Measures the workloads and the baseline alternately in several rounds, and returns the medians. */
export async function compare(testbed: Testbed, workloads: readonly Workload[], plan: Plan = {}): Promise<Figure[]> {
  const samples = await measure(testbed, workloads, plan)
  return [...samples].map(([name, own]) => summarize(name, own, samples.get(HELLO) ?? []))
}

/** The samples of each round, by the name of the workload: first those of the baseline. */
export async function measure(
  testbed: Testbed,
  workloads: readonly Workload[],
  { rounds = ROUNDS, ms = ROUND_MS, warm_up_ms = WARM_UP_MS }: Plan = {},
): Promise<Map<string, Sample[]>> {
  await testbed.load.addRequests(HELLO, [requestText('GET', '/')])
  for (const { name, requests } of workloads) await testbed.load.addRequests(name, requests)
  const warm = (requests: string, connections = CONNECTIONS) => ({ requests, connections, ms: warm_up_ms })
  await testbed.load.run({ ...warm(HELLO), port: testbed.hello.port })
  for (const { name, connections } of workloads)
    await testbed.load.run({ ...warm(name, connections), port: testbed.muster.port })

  const samples = new Map<string, Sample[]>([HELLO, ...workloads.map(({ name }) => name)].map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const hello = { requests: HELLO, connections: CONNECTIONS, ms, port: testbed.hello.port }
    samples.get(HELLO)?.push(await sample(testbed, hello, [200]))
    for (const { name, connections = CONNECTIONS, expects } of workloads) {
      const job = { requests: name, connections, ms, port: testbed.muster.port }
      samples.get(name)?.push(await sample(testbed, job, [expects]))
    }
  }
  return samples
}

export type Sample = Omit<Figure, 'name' | 'ratio'>

export async function sample(
  testbed: Testbed,
  job: Job,
  expects: readonly number[],
): Promise<Sample & Pick<Outcome, 'statuses'>> {
  const server = [job.port === testbed.hello.port ? testbed.hello.pid : testbed.muster.pid]
  const before = [cpuOf(server), cpuOf(familyOf(testbed.postgres_pid)), cpuOf([testbed.load.pid])]
  const outcome = await testbed.load.run(job)
  const after = [cpuOf(server), cpuOf(familyOf(testbed.postgres_pid)), cpuOf([testbed.load.pid])]
  requireStatuses(outcome, expects)
  const [server_us = 0, postgres_us = 0, load_us = 0] = after.map(
    (used, i) => ((used - (before[i] ?? 0)) * 1000) / outcome.requests,
  )
  const { requests, elapsed_ms, p50_ms, p99_ms } = outcome
  return {
    statuses: outcome.statuses,
    per_second: (requests * 1000) / elapsed_ms,
    p50_ms,
    p99_ms,
    server_us,
    postgres_us,
    load_us,
  }
}

function requireStatuses({ statuses }: Outcome, expects: readonly number[]) {
  const others = Object.keys(statuses).filter((status) => !expects.includes(Number(status)))
  if (others.length > 0) throw new Error(`Expected only status ${expects}, but got ${JSON.stringify(statuses)}`)
}

/** Each ratio is taken within a round: whatever slows the machine slows both measurements. */
export function summarize(name: string, samples: readonly Sample[], baseline: readonly Sample[]): Figure {
  const mid = (of: (one: Sample) => number) => median(samples.map(of))
  return {
    name,
    per_second: mid((one) => one.per_second),
    ratio: median(samples.map(({ per_second }, i) => per_second / (baseline[i]?.per_second ?? Number.NaN))),
    ...{ p50_ms: mid((one) => one.p50_ms), p99_ms: mid((one) => one.p99_ms) },
    ...{ server_us: mid((one) => one.server_us), postgres_us: mid((one) => one.postgres_us) },
    load_us: mid((one) => one.load_us),
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2
}
