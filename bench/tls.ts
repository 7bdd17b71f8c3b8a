import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { residentMebibytes } from './artifact-server.ts'
import type { Bench } from './benches.ts'
import { cpuOf, familyOf } from './kit/cpu.ts'
import { makeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import type { Handshake } from './kit/load.ts'
import { median } from './kit/measure.ts'
import { table } from './kit/table.ts'
import type { Closers, Testbed } from './kit/testbed.ts'
import { BARE, CERTIFICATES, type KeyType, startTlsServers, type TlsServer } from './kit/tls-servers.ts'
import { SCALE } from './policy-rig.ts'
import { idlePoll } from './poll.ts'

/** A poll of each is one sample. */
const DEVICES = Math.round(2000 * SCALE)
const POLLS = 'polls over new connections'
const CONNECTIONS = 64
const ROUNDS = 3
const IDLE = Math.round(5000 * SCALE)

/** One kind of handshake, and the servers of one certificate. */
type Case = { name: string; handshake: Handshake; servers: readonly TlsServer[] }

/** The idle poll over a new TLS connection each, and the memory of connections that are left open. */
export const tls: Bench = {
  summary: 'the idle poll over a new TLS connection each, compared with a bare node:https and nginx',
  async run(testbed) {
    const closers: Closers = []
    try {
      const fleet = await makeFleet(testbed, { tenant_id: await makeTenant(testbed), size: DEVICES })
      await vacuum(testbed)
      await testbed.load.addRequests(
        POLLS,
        times(DEVICES, (i) => idlePoll(fleet.token(i))),
      )
      const cases: Case[] = []
      for (const type of Object.keys(CERTIFICATES) as KeyType[]) {
        const servers = await startTlsServers(testbed, type, closers)
        for (const version of ['TLSv1.3', 'TLSv1.2'] as const)
          for (const resumes of [false, true]) {
            const name = `${type}, ${version.replace('v', ' ')}, ${resumes ? 'resumed' : 'full'}`
            cases.push({ name, handshake: { version, resumes }, servers })
          }
      }
      const polls = await measureAll(testbed, cases)
      return `${polls}\n\n${await measureIdle(cases[0]?.servers ?? [], idlePoll(fleet.token(0)))}`
    } finally {
      for (const close of closers.reverse()) await close()
    }
  },
}

const HEAD = ['', 'ratio', 'of CPU', 'per second', 'p50', 'p99', 'CPU: server', 'PostgreSQL', 'load', 'cores: load']

async function measureAll(testbed: Testbed, cases: readonly Case[]): Promise<string> {
  for (const one of cases) for (const server of one.servers) await sample(testbed, one, server)
  const samples = new Map<string, Sample[]>()
  for (let round = 0; round < ROUNDS; round++)
    for (const one of cases)
      for (const server of one.servers) {
        const name = `${one.name}: ${server.name}`
        samples.set(name, [...(samples.get(name) ?? []), await sample(testbed, one, server)])
      }
  const rows = [...samples].map(([name, own]) => {
    const bare = samples.get(name.replace(/: .*/, `: ${BARE}`)) ?? []
    const ratio = (of: (one: Sample, base: Sample) => number) => median(own.map((one, i) => of(one, bare[i]!)))
    const mid = (of: (one: Sample) => number) => median(own.map(of))
    return [
      name,
      ratio((one, base) => one.per_second / base.per_second).toFixed(2),
      ratio((one, base) => base.server_us / one.server_us).toFixed(2),
      Math.round(mid((one) => one.per_second)).toLocaleString('en'),
      ...[`${mid((one) => one.p50_ms).toFixed(1)} ms`, `${mid((one) => one.p99_ms).toFixed(1)} ms`],
      ...[us(mid((one) => one.server_us)), us(mid((one) => one.postgres_us)), us(mid((one) => one.load_us))],
      mid((one) => one.load_cores).toFixed(2),
    ]
  })
  return table(HEAD, rows)
}

const us = (time: number): string => `${time.toFixed(0)} us`

type Sample = {
  per_second: number
  p50_ms: number
  p99_ms: number
  /** CPU time per request, in microseconds. */
  server_us: number
  postgres_us: number
  load_us: number
  /** If it is near 1, the load process is the limit. */
  load_cores: number
}

async function sample(testbed: Testbed, { name, handshake }: Case, { name: server, port, pids }: TlsServer) {
  const groups = [pids(), familyOf(testbed.postgres_pid), [testbed.load.pid]]
  const before = groups.map(cpuOf)
  const job = { port, requests: POLLS, connections: CONNECTIONS, handshake }
  const { requests, statuses, resumed = 0, elapsed_ms, p50_ms, p99_ms } = await testbed.load.run(job)
  const used = groups.map((group, i) => cpuOf(group) - before[i]!)
  if (requests !== statuses[204]) throw new Error(`${name}, ${server}: ${JSON.stringify(statuses)}`)
  const expected = handshake.resumes ? requests - CONNECTIONS : 0
  // Workers accept sessions of each other, so every connection but the first in turn resumes.
  if (resumed !== expected) throw new Error(`${name}, ${server}: ${resumed} of ${requests} connections resumed`)
  const [server_us = 0, postgres_us = 0, load_us = 0] = used.map((ms) => (ms * 1000) / requests)
  const load_cores = (used[2] ?? 0) / elapsed_ms
  const per_second = (requests * 1000) / elapsed_ms
  return { per_second, p50_ms, p99_ms, server_us, postgres_us, load_us, load_cores }
}

/** Connections that are left open after one poll. */
async function measureIdle(servers: readonly TlsServer[], poll: string): Promise<string> {
  const rows: string[][] = []
  for (const { name, port, pids } of servers) {
    const memory = () => pids().reduce((sum, pid) => sum + residentMebibytes(pid), 0)
    const before = memory()
    const sockets: Awaited<ReturnType<typeof openIdle>>[] = []
    while (sockets.length < IDLE) sockets.push(...(await Promise.all(times(50, () => openIdle(port, poll)))))
    await sleep(1000)
    const grown = memory() - before
    rows.push([name, `${((grown * 1024) / sockets.length).toFixed(0)} KiB`])
    for (const socket of sockets) socket.destroy()
    await sleep(1000)
  }
  return table([`memory of an idle connection (of ${IDLE.toLocaleString('en')})`, ''], rows)
}

async function openIdle(port: number, poll: string) {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false })
  socket.write(poll)
  await new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject))
  return socket
}
