import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { logIn } from '../src/client/manager.ts'
import { sql } from '../src/db/sql.ts'
import { whole } from '../src/texts/numbers.ts'
import { residentMebibytes } from './artifact-server.ts'
import type { Bench } from './benches.ts'
import { cpuOf, familyOf } from './kit/cpu.ts'
import { requestText } from './kit/load.ts'
import { table } from './kit/table.ts'
import { ADMINISTRATOR, type Testbed } from './kit/testbed.ts'
import { fillFleet } from './large-fleet.ts'
import { MIB } from './row.ts'

const DEVICES = Math.round(1_000_000 * Number(process.env.BENCH_SCALE ?? 1))
const PATH = '/api/management/v2/inventory/devices/export'
const COLUMNS = ['device_type', 'artifact_name', 'region', 'kernel', 'os', 'hostname', 'ipv4_eth0', 'cpu_model']
const CASES = {
  'by ID': '',
  'by last check-in': '?sort=system/check_in_time:desc',
  'eight columns of the inventory': `?${COLUMNS.map((name) => `column=inventory/${name}`).join('&')}`,
}
/** What other requests are measured by: it asks PostgreSQL nothing. */
const PROBE = { requests: 'health', connections: 1, per_second: 100, ms: 500 }
const SAMPLE_MS = 50
/** A reader that stops for a while, in the middle of a table. */
const [PAUSE_AFTER, PAUSE_MS] = [8 * MIB, 10_000]

/** Exports of a large fleet as CSV: time, what they cost, and what they cost others. */
export const exports: Bench = {
  summary: `exports of ${whole(DEVICES)} devices as CSV`,
  long: true,
  async run(testbed) {
    const { db, muster } = testbed
    const tenant = await db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
    await fillFleet(db, tenant?.tenant_id ?? '', DEVICES)
    await testbed.load.addRequests(PROBE.requests, [requestText('GET', '/health')])
    const authorization = `Bearer ${await logIn(muster, ADMINISTRATOR)}`
    const rows: string[][] = []
    for (const [name, query] of Object.entries(CASES)) {
      const read = (isToPause?: boolean) => receive(muster.url + PATH + query, { authorization }, isToPause)
      rows.push([name, ...(await measure(testbed, read))])
    }
    return table(
      [
        ...['', 'first byte after', 'all after', 'size', 'CPU: server', 'PostgreSQL', 'others wait: p99', 'longest'],
        ...['memory before', 'most', 'most with a reader that pauses'],
      ],
      rows,
    )
  },
}

type Received = { first_ms: number; all_ms: number; bytes: number }

async function measure({ muster, postgres_pid, load }: Testbed, read: (isToPause?: boolean) => Promise<Received>) {
  const used = () => [cpuOf([muster.pid]), cpuOf(familyOf(postgres_pid))] as const
  const [memory, before] = [residentMebibytes(muster.pid), used()]
  const alone = await peakOf(muster.pid, () => read())
  const after = used()
  const paused = await peakOf(muster.pid, () => read(true))

  // Once more, because requests in between take time themselves.
  let isRead = false
  const again = read().finally(() => {
    isRead = true
  })
  const probes = []
  while (!isRead) probes.push(await load.run({ ...PROBE, port: muster.port }))
  await again
  const { first_ms, all_ms, bytes } = alone.result
  return [
    ...[seconds(first_ms), seconds(all_ms), mebibytes(bytes / MIB)],
    ...[0, 1].map((i) => seconds((after[i] ?? 0) - (before[i] ?? 0))),
    ...[ms(Math.max(...probes.map(({ p99_ms }) => p99_ms))), ms(Math.max(...probes.map(({ max_ms }) => max_ms)))],
    ...[memory, alone.peak, paused.peak].map(mebibytes),
  ]
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
const ms = (value: number) => `${value.toFixed(0)} ms`
const mebibytes = (value: number) => `${value.toFixed(0)} MiB`

/** The most resident memory of a process during some work, and its result. */
async function peakOf<Result>(pid: number, work: () => Promise<Result>): Promise<{ result: Result; peak: number }> {
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, residentMebibytes(pid))
  }, SAMPLE_MS)
  try {
    const result = await work()
    return { result, peak }
  } finally {
    clearInterval(timer)
  }
}

/** Reads a whole response, and stops reading for a while if it is to pause. Rejects one that ends early. */
async function receive(url: string, headers: Record<string, string>, isToPause = false): Promise<Received> {
  const begun = performance.now()
  const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`The export returned status ${response.statusCode}.`)
  let [bytes, first_ms, pause_ms] = [0, 0, isToPause ? PAUSE_MS : 0]
  for await (const chunk of response) {
    if (bytes === 0) first_ms = performance.now() - begun
    bytes += chunk.length
    if (bytes < PAUSE_AFTER) continue
    if (pause_ms > 0) await sleep(pause_ms)
    pause_ms = 0
  }
  return { first_ms, all_ms: performance.now() - begun, bytes }
}
