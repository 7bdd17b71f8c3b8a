import { cpuOf, familyOf } from './cpu.ts'
import { type Job, type Outcome, requestText } from './load.ts'
import type { Stand } from './stand.ts'

/** One figure: requests a second, beside those of a bare Fastify in the same rounds. */
export type Figure = {
  name: string
  per_second: number
  /** Of the baseline. */
  ratio: number
  p50_ms: number
  p99_ms: number
  /** CPU time of one request, in microseconds: server and PostgreSQL. */
  server_us: number
  postgres_us: number
  load_us: number
}

/** One thing to measure. `expects`: the only status that counts as an answer. */
export type Way = {
  name: string
  requests: readonly string[]
  expects: number
  connections?: number
}

const CONNECTIONS = 64
const ROUNDS = 5
const ROUND_MS = 1200
const WARM_UP_MS = 1500
const HELLO = 'hello'

/** Measures the ways and the baseline in turns, several times over, and answers the medians. */
export async function compare(
  stand: Stand,
  ways: readonly Way[],
  { rounds = ROUNDS, ms = ROUND_MS, warm_up_ms = WARM_UP_MS } = {},
): Promise<Figure[]> {
  await stand.load.learn(HELLO, [requestText('GET', '/')])
  for (const { name, requests } of ways) await stand.load.learn(name, requests)
  const warm = (requests: string, connections = CONNECTIONS) => ({ requests, connections, ms: warm_up_ms })
  await stand.load.run({ ...warm(HELLO), port: stand.hello.port })
  for (const { name, connections } of ways)
    await stand.load.run({ ...warm(name, connections), port: stand.muster.port })

  const hello: Sample[] = []
  const samples = ways.map((): Sample[] => [])
  for (let round = 0; round < rounds; round++) {
    hello.push(await sample(stand, { requests: HELLO, connections: CONNECTIONS, ms, port: stand.hello.port }, [200]))
    for (const [i, { name, connections = CONNECTIONS, expects }] of ways.entries())
      samples[i]?.push(await sample(stand, { requests: name, connections, ms, port: stand.muster.port }, [expects]))
  }
  return [
    summarize('bare Fastify', hello, hello),
    ...ways.map(({ name }, i) => summarize(name, samples[i] ?? [], hello)),
  ]
}

export type Sample = Omit<Figure, 'name' | 'ratio'>

export async function sample(
  stand: Stand,
  job: Job,
  expects: readonly number[],
): Promise<Sample & Pick<Outcome, 'statuses'>> {
  const server = [job.port === stand.hello.port ? stand.hello.pid : stand.muster.pid]
  const before = [cpuOf(server), cpuOf(familyOf(stand.postgres_pid)), cpuOf([stand.load.pid])]
  const outcome = await stand.load.run(job)
  const after = [cpuOf(server), cpuOf(familyOf(stand.postgres_pid)), cpuOf([stand.load.pid])]
  requireAnswers(outcome, expects)
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

function requireAnswers({ statuses }: Outcome, expects: readonly number[]) {
  const others = Object.keys(statuses).filter((status) => !expects.includes(Number(status)))
  if (others.length > 0) throw new Error(`Expected ${expects} only, but there came ${JSON.stringify(statuses)}`)
}

/** A ratio is that of neighbours in time: what slows the machine slows both. */
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
