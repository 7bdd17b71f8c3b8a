import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { cpuOf, familyOf } from './kit/cpu.ts'
import { type Load, requestText, startLoad } from './kit/load.ts'
import { HELLO, type Sample, summarize } from './kit/measure.ts'
import { figureTable } from './kit/table.ts'
import { startHello } from './kit/testbed.ts'

const OTHER = 'the other server'
const ROUNDS = 5
const ROUND_MS = 1200
const WARM_UP_MS = 1500

const OPTIONS = {
  url: { type: 'string' },
  devices: { type: 'string' },
  method: { type: 'string', default: 'GET' },
  header: { type: 'string', multiple: true },
  body: { type: 'string' },
  expect: { type: 'string', default: '200' },
  connections: { type: 'string', default: '64' },
  pid: { type: 'string', multiple: true },
  'database-pid': { type: 'string', multiple: true },
} as const

const readOptions = (args: readonly string[]) => parseArgs({ args: [...args], options: OPTIONS }).values
type Options = ReturnType<typeof readOptions>

/** Measures the poll of another server on this machine as `compare` measures Muster's. bench/README.md describes it. */
export async function benchOther(args: readonly string[]): Promise<string> {
  const options = readOptions(args)
  const { url, devices } = options
  if (!url || !devices) throw new Error('other: needs --url and --devices; see bench/README.md')
  const lines = readFileSync(devices, 'utf8').split('\n').filter(Boolean)
  const closers: (() => PromiseLike<unknown>)[] = []
  try {
    const hello = await startHello(closers)
    const load = await startLoad()
    closers.push(() => load[Symbol.asyncDispose]())
    await load.addRequests(HELLO, [requestText('GET', '/')])
    await load.addRequests(
      OTHER,
      lines.map((line) => requestOf(url, options, line.split(/\s+/))),
    )
    const port = Number(new URL(fill(url, [])).port || 80)
    const connections = Number(options.connections)
    const baseline = { requests: HELLO, port: hello.port, connections, expect: 200, pids: [hello.pid], database: [] }
    const other = { requests: OTHER, port, connections, expect: Number(options.expect), ...processesOf(options) }
    return figureTable(await measureInTurns(load, baseline, other))
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

type Subject = {
  requests: string
  port: number
  connections: number
  expect: number
  /** Their CPU time is counted with that of their children. */
  pids: number[]
  database: number[]
}

async function measureInTurns(load: Load, baseline: Subject, other: Subject) {
  for (const subject of [baseline, other]) await runOnce(load, subject, WARM_UP_MS)
  const samples: [Sample[], Sample[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    samples[0].push(await runOnce(load, baseline, ROUND_MS))
    samples[1].push(await runOnce(load, other, ROUND_MS))
  }
  return [summarize(HELLO, samples[0], samples[0]), summarize(OTHER, samples[1], samples[0])]
}

async function runOnce(load: Load, { pids, database, expect, ...job }: Subject, ms: number): Promise<Sample> {
  const read = () => [pids, database, [load.pid]].map((group) => cpuOf(group.flatMap(familyOf)))
  const before = read()
  const { requests, elapsed_ms, statuses, p50_ms, p99_ms } = await load.run({ ...job, ms })
  const used = read().map((now, i) => ((now - (before[i] ?? 0)) * 1000) / requests)
  if (Object.keys(statuses).some((status) => Number(status) !== expect))
    throw new Error(`Expected only status ${expect}, but got ${JSON.stringify(statuses)}`)
  if (elapsed_ms < 0.9 * ms) throw new Error('The server has closed all connections before the end of a round.')
  const [server_us = 0, postgres_us = 0, load_us = 0] = used
  return { per_second: (requests * 1000) / elapsed_ms, p50_ms, p99_ms, server_us, postgres_us, load_us }
}

const processesOf = (options: Options) => ({
  pids: (options.pid ?? []).map(Number),
  database: (options['database-pid'] ?? []).map(Number),
})

/** `{1}` is the first word of the line of a device, and so on. */
const fill = (text: string, words: readonly string[]): string =>
  text.replaceAll(/\{(\d)\}/g, (_, number) => words[Number(number) - 1] ?? '')

function requestOf(url: string, { method, header = [], body }: Options, words: readonly string[]): string {
  const { host, pathname, search } = new URL(fill(url, words))
  const content = body === undefined ? '' : fill(readFileSync(body, 'utf8'), words)
  const headers = [
    `${method} ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    ...header.map((one) => fill(one, words)),
    ...(content ? [`Content-Length: ${Buffer.byteLength(content)}`] : []),
  ]
  return `${headers.join('\r\n')}\r\n\r\n${content}`
}
