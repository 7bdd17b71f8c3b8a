import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer } from '../src/client/send.ts'
import { openPool } from '../src/db/pool.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { describeClients } from './clients/programs.ts'
import { Acknowledged, expectConsistent } from './support/acknowledged.ts'
import { openApi } from './support/api.ts'
import { inventoryTerm, poll, saveFilter } from './support/deploy.ts'
import { type Cluster, startCluster } from './support/failover/cluster.ts'
import { isFull } from './support/sample.ts'
import { type ServerProcess, startProcess } from './support/server-process.ts'
import { uploadMixed } from './support/twins.ts'
import { at, enrolMixed, expectNoViolations, signInAsAdministrator, startLoad } from './support/until-gone.ts'

// The recipe of docs/failover.md, on one machine: PostgreSQL under Patroni with etcd, behind haproxy.

const FAILOVERS = 10
const DEVICES = 40
const WITHIN_MS = 15_000
const MIN_ENDS = 100

const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms))

if (isFull) describeClients(['patroni', 'etcd', 'haproxy'], { root: true }, () => describeFailover())
else test.skip('failover by Patroni is left to MUSTER_TEST_FULL=1', () => {})

function describeFailover() {
  let cluster: Cluster
  let data_dir = ''
  const servers: ServerProcess[] = []
  beforeAll(async () => {
    cluster = await startCluster()
    data_dir = await mkdtemp(join(tmpdir(), 'muster-failover-servers-'))
    const environment = { DATABASE_URL: cluster.url, MUSTER_DATA_DIR: data_dir, MUSTER_LOG_LEVEL: 'silent' }
    for (let i = 0; i < 2; i++) servers.push(await startProcess(environment))
  }, 900_000)
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.kill()))
    await cluster?.[Symbol.asyncDispose]()
    if (data_dir) await rm(data_dir, { recursive: true, force: true })
  })

  /** Queries the database at whichever server is the primary. */
  async function look(acknowledged: Acknowledged) {
    const db = openPool(cluster.url, 2)
    try {
      await acknowledged.expectIn(db)
      await expectConsistent(db)
    } finally {
      await db.close()
    }
  }

  test(`nothing acknowledged is lost in ${FAILOVERS} failovers under load, and polls are answered again soon`, async () => {
    const [url = ''] = servers.map((server) => server.url)
    const api = await signInAsAdministrator(url)
    await uploadMixed(api, 'release-1')
    await saveFilter(api, inventoryTerm('foo', 'foo'))
    const devices = await enrolMixed(url, api, DEVICES)
    const seen = new Map<number, number>()
    const note = ({ status }: Pick<Answer, 'status'>) => void seen.set(status, (seen.get(status) ?? 0) + 1)
    const acknowledged = new Acknowledged(note)
    const watched = devices[0]!
    const gaps: number[] = []
    for (let failover = 1; failover <= FAILOVERS; failover++) {
      // Half of the devices at each server, the others in turn.
      const load = startLoad([
        ...devices.map((device, i) => {
          const here = at(servers[(i + failover) % servers.length]!.url, device)
          return () => acknowledged.update(here)
        }),
        ...servers.map((server) => () => acknowledged.operate(openApi(server.url, api.token))),
      ])
      const watches = servers.map((server) => watchPolls(at(server.url, watched), note))
      await wait(1500 + Math.random() * 1500)
      const restart = await cluster.killPrimary()
      const killed_ms = performance.now()
      for (const watch of watches) await watch.answeredAfter(killed_ms + 1000)
      await wait(2000)
      gaps.push(...(await Promise.all(watches.map((watch) => watch.end()))))
      await load.end()
      await look(acknowledged)
      await restart()
      await cluster.settle()
    }
    process.stdout.write(`Polls were not answered for ${gaps.map((gap) => (gap / 1000).toFixed(1)).join(', ')} s.\n`)
    expect(Math.max(...gaps)).toBeLessThan(WITHIN_MS)
    expect(acknowledged.ends.size).toBeGreaterThan(MIN_ENDS)
    // 409: a report about a deployment that has been aborted in the meantime.
    expect([...seen.keys()].filter((status) => ![200, 204, 409, 503].includes(status))).toEqual([])
    await look(acknowledged)
    await acknowledged.expectArtifacts(api)
    expectNoViolations(devices)
    expect(await Promise.all(servers.map((server) => server.stop()))).toEqual([0, 0])
  }, 1_200_000)
}

type Watch = {
  /** Waits until a poll is answered that was sent after this time. */
  answeredAfter(time_ms: number): Promise<void>
  /** Returns the longest time without an answer to polls. */
  end(): Promise<number>
}

/** Polls ten times a second. A refusal is no answer. */
function watchPolls(device: SimulatedDevice, note: (answer: Answer) => void): Watch {
  let answered_ms = performance.now()
  let sent_ms = 0
  let longest_ms = 0
  let is_over = false
  const polling = (async () => {
    while (!is_over) {
      const begun_ms = performance.now()
      const answer = await poll(device)
      note(answer)
      if (answer.status === 200 || answer.status === 204) {
        longest_ms = Math.max(longest_ms, performance.now() - answered_ms)
        answered_ms = performance.now()
        sent_ms = begun_ms
      } else expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      await wait(100)
    }
  })()
  return {
    answeredAfter: async (time_ms) => {
      for (const deadline = performance.now() + 60_000; sent_ms < time_ms; ) {
        if (performance.now() > deadline) throw new Error('No poll was answered within a minute.')
        await wait(50)
      }
    },
    end: async () => {
      is_over = true
      await polling
      return longest_ms
    },
  }
}
