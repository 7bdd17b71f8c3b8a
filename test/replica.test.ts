import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { openPool } from '../src/db/pool.ts'
import { withReplica } from '../src/db/replica/replica-reads.ts'
import { sql } from '../src/db/sql.ts'
import { hasCode } from '../src/has-code.ts'
import { readFamilies } from '../src/metrics/metric.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { deploy, V1, V2 } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { type Pair, startPair } from './support/replica.ts'
import { databaseUrl, run } from './support/run-statement.ts'
import { startServer, type TestServer, type TestTenant } from './support/server.ts'
import { freePort, startProcess } from './support/server-process.ts'

const DEVICES = '/api/management/v1/inventory/devices'
const GROUPS = '/api/management/v1/inventory/groups'
const SEARCH = '/api/management/v2/inventory/filters/search'
const PATIENT = { timeout: 90_000, interval: 100 }

let pair: Pair
let server: TestServer
let other: TestServer
let tenant: TestTenant
let ids: string[]
beforeAll(async () => {
  pair = await startPair()
  const options = {
    database_url: pair.primary_url,
    environment: { DATABASE_REPLICA_URL: pair.replica_url, MUSTER_LOG_LEVEL: 'silent' },
  }
  server = await startServer(options)
  other = await startServer(options)
  tenant = await server.tenant()
  ids = (await enrol(server, tenant, 8)).map(({ id }) => id)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
  await pair[Symbol.asyncDispose]()
})
const readsReplica = async ({ env }: Pick<TestServer, 'env'>) =>
  (await env.db.reads.first<{ replica: boolean }>(sql`select pg_is_in_recovery() as replica`))?.replica

/** Waits until both servers read from the replica. */
async function untilUsed() {
  for (const one of [server, other]) await expect.poll(() => readsReplica(one), PATIENT).toBe(true)
}

const join = (id: string, group: string) => tenant.api.put(`${DEVICES}/${id}/group`, { group })
const groupsOf = async (one: Pick<TestServer, 'url'>) => {
  const { status, body } = await fetchJson(one, GROUPS)
  expect(status).toBe(200)
  return body as string[]
}
const fetchJson = async ({ url }: Pick<TestServer, 'url'>, path: string) => {
  const response = await fetch(url + path, {
    headers: { authorization: `Bearer ${tenant.api.token}`, connection: 'close' },
  })
  return { status: response.status, body: await response.json() }
}

/** A server process that has ended since its connection was closed is passed over. */
function signalAll(pids: readonly number[], signal: NodeJS.Signals) {
  for (const pid of pids)
    try {
      process.kill(pid, signal)
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) throw error
    }
}

describe('a replica', () => {
  beforeEach(() => untilUsed())

  test('serves lists, counts and statistics', async () => {
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const id = await deploy(tenant.api, { devices: [ids[0]] })
    const lists: Record<string, RegExp> = {
      [DEVICES]: /from devices d/,
      [`${DEVICES}?per_page=1&group=none`]: /from devices d/,
      [GROUPS]: /min\(group_name\)/,
      '/api/management/v2/inventory/statistics': /group by d.status/,
      '/api/management/v2/inventory/fleet': /by_last_report/,
      '/api/management/v2/inventory/filters/attributes': /from sample/,
      '/api/management/v2/devauth/devices': /from auth_sets/,
      '/api/management/v2/devauth/devices/count': /count\(\*\) from devices/,
      [V1]: /from deployments d/,
      [`${V1}/${id}/devices/list`]: /from device_deployments dd/,
      '/api/management/v2/deployments/overview': /as opened/,
      '/api/management/v1/deployments/artifacts': /from artifacts a/,
      '/api/management/v2/deployments/deployments/releases': /from releases r/,
      '/api/management/v1/auditlogs/logs': /from events/,
      '/api/management/v1/auditlogs/logs/export': /from events/,
    }
    const posts: Record<string, [object, RegExp]> = {
      [SEARCH]: [{ page: 1, per_page: 20, text: 'abc' }, /like_regex/],
      [`${V2}/preview`]: [{ name: 'p', artifact_name: 'release-1', all_devices: true }, /jsonb_object_agg/],
    }
    for (const [path, statement] of Object.entries(lists)) await expectThere(statement, () => tenant.api.get(path))
    for (const [path, [body, statement]] of Object.entries(posts))
      await expectThere(statement, () => tenant.api.post(path, body))
  }, 360_000)

  async function expectThere(statement: RegExp, call: () => Promise<{ status: number }>) {
    await expect
      .poll(async () => {
        await pair.statements()
        expect(await call()).toMatchObject({ status: 200 })
        return pair.statements()
      }, PATIENT)
      .toMatch(statement)
  }

  test('never hides what any process has just acknowledged, even if it lags', async () => {
    for (const delay of ['0', '40ms']) {
      await pair.set(`recovery_min_apply_delay = ${delay}`)
      await untilUsed()
      await pair.statements()
      await Promise.all(
        ids.map(async (id, device) => {
          for (let i = 0; i < 12; i++) {
            const group = `${device}-${i}-${delay}`
            expect(await join(id, group)).toMatchObject({ status: 204 })
            expect(await groupsOf(i % 2 === 0 ? other : server)).toContain(group)
          }
        }),
      )
      expect((await pair.statements()).match(/min\(group_name\)/g)?.length).toBeGreaterThan(20)
    }
    await pair.set('recovery_min_apply_delay = 0')
  }, 360_000)

  test('is used by every worker, as metrics show', async () => {
    const port = await freePort()
    const data_dir = await mkdtemp(joinPath(tmpdir(), 'muster-replica-'))
    const databases = { DATABASE_URL: pair.primary_url, DATABASE_REPLICA_URL: pair.replica_url }
    const settings = { MUSTER_WORKERS: '2', MUSTER_METRICS_PORT: `${port}`, MUSTER_DATA_DIR: data_dir }
    const running = await startProcess({ ...settings, ...databases })
    const metric = async (name: string) => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      return text.split('\n').find((line) => line.startsWith(`${name} `))
    }
    // The minimum of both.
    await expect.poll(() => metric('muster_replica_up'), PATIENT).toBe('muster_replica_up 1')
    expect(await metric('muster_replica_lag_bytes')).toMatch(/ \d+$/)
    for (let i = 0; i < 10; i++) await groupsOf(running)
    expect(await metric('muster_replica_reads_total{answer="replica"}')).toMatch(/ \d+$/)
    expect(await running.stop()).toBe(0)
    await rm(data_dir, { recursive: true })
  }, 360_000)

  test('that has stopped replaying is skipped until it has caught up', async () => {
    await pair.onReplica('select pg_wal_replay_pause()')
    for (let i = 0; i < 5; i++) {
      expect(await join(ids[0] ?? '', `paused-${i}`)).toMatchObject({ status: 204 })
      expect(await groupsOf(server)).toContain(`paused-${i}`)
      expect(await groupsOf(other)).toContain(`paused-${i}`)
    }
    expect(await readsReplica(server)).toBe(false)
    await pair.onReplica('select pg_wal_replay_resume()')
    await untilUsed()
    expect(await groupsOf(other)).toContain('paused-4')
  }, 360_000)

  test('that is killed while in use causes no errors, and is used again when it is back', async () => {
    const [postmaster = 0, ...others] = await pair.pids()
    const stop = new AbortController()
    const statuses = Promise.all(Array.from({ length: 6 }, () => askUntil(stop.signal)))
    await new Promise((wake) => setTimeout(wake, 500))
    signalAll([postmaster, ...others], 'SIGKILL')
    expect(await join(ids[0] ?? '', 'killed')).toMatchObject({ status: 204 })
    expect(await groupsOf(other)).toContain('killed')
    expect((await fetchJson(server, '/ready')).status).toBe(200)
    await new Promise((wake) => setTimeout(wake, 500))
    await expect.poll(() => pair.start(), PATIENT).toBeUndefined()
    await untilUsed()
    stop.abort()
    expect(new Set((await statuses).flat())).toEqual(new Set([200]))
  })

  test('that no longer responds is abandoned after some seconds', async () => {
    const pids = await pair.pids()
    await using reading = await longRead()
    signalAll(pids, 'SIGSTOP')
    try {
      // Starts on the replica, ends on the primary.
      expect(await reading.result).toEqual({ replica: false })
      expect(await groupsOf(server)).toContain('killed')
      expect((await fetchJson(server, '/ready')).status).toBe(200)
    } finally {
      signalAll(pids, 'SIGCONT')
    }
  }, 360_000)

  test('that cancels a read because of a recovery conflict is replaced by the primary', async () => {
    await pair.set('max_standby_streaming_delay = 0')
    await using reading = await longRead()
    await server.env.db.query(sql`create table passing (id int)`)
    await server.env.db.query(sql`insert into passing select generate_series(1, 1000)`)
    await server.env.db.query(sql`delete from passing`)
    await server.env.db.query(sql`vacuum passing`)
    expect(await reading.result).toEqual({ replica: false })
    const reads = readFamilies().find(({ name }) => name === 'muster_replica_reads_total')?.values
    expect(reads?.find(({ labels }) => labels.answer === 'conflict')?.value).toBe(1)
    expect(await readsReplica(server)).toBe(true)
    await pair.set('max_standby_streaming_delay = 30s')
  }, 360_000)

  /** A read that is running on the replica, and returns at once on the primary. */
  async function longRead() {
    await untilUsed()
    await pair.statements()
    const read = server.env.db.reads.snapshot(async (tx) => {
      await tx.query(sql`select count(*) from devices`)
      return tx.first(sql`
        select pg_is_in_recovery() as replica,
          case when pg_is_in_recovery() then pg_sleep(25)::text = 'never' end as slept`)
    })
    await expect.poll(() => pair.statements(), PATIENT).toContain('as slept')
    const result = read.then((row) => ({ replica: (row as { replica: boolean }).replica }))
    return { result, [Symbol.asyncDispose]: async () => void (await result.catch(() => {})) }
  }

  async function askUntil(stop: AbortSignal): Promise<number[]> {
    const statuses = []
    while (!stop.aborted) statuses.push((await fetchJson(other, `${DEVICES}?per_page=5`)).status)
    return statuses
  }
})

describe('a server that is not a replica of the database', () => {
  /** What is logged about a server as replica, after a check and a read that succeeded nevertheless. */
  async function toldOf(url: string) {
    const logged: string[] = []
    const log = (line: string) => logged.push(line)
    const db = withReplica(openPool(pair.primary_url, 4), { url, timeout_s: 30, log })
    await expect.poll(() => logged.length, PATIENT).toBeGreaterThan(0)
    expect(await db.reads.first(sql`select 1 as one from devices limit 1`)).toEqual({ one: 1 })
    await new Promise((wake) => setTimeout(wake, 1500))
    await db.close()
    return logged
  }

  test('is logged once, and nothing is read from it', async () => {
    const replaced = 'lists and statistics come from the primary:'
    const foreign = [`${replaced} it is no replica of the database in DATABASE_URL`]
    await run(pair.primary_url, 'create database another')
    expect(await toldOf(databaseUrl(pair.primary_url, 'another'))).toEqual(foreign)
    await expect.poll(() => toldOf(databaseUrl(pair.replica_url, 'another')), PATIENT).toEqual(foreign)
    expect(await toldOf(pair.primary_url)).toEqual([`${replaced} it is a primary itself`])
    const nowhere = await toldOf('postgres://muster@127.0.0.1:1/muster')
    expect(nowhere).toEqual([expect.stringContaining('ECONNREFUSED')])
    expect(await toldOf(pair.replica_url)).toEqual(['lists and statistics come from the replica'])
  }, 360_000)

  test('may be a promoted replica: only the primary has the current data', async () => {
    await pair.onReplica('select pg_promote()')
    await expect.poll(() => readsReplica(server), PATIENT).toBe(false)
    expect(await join(ids[0] ?? '', 'after')).toMatchObject({ status: 204 })
    expect(await groupsOf(server)).toContain('after')
    expect(await groupsOf(other)).toContain('after')
  }, 360_000)
})

test('a replica is configured by a URL, and only for an external PostgreSQL', () => {
  const DATABASE_URL = 'postgres://primary/muster'
  const read =
    (DATABASE_REPLICA_URL: string, more = {}) =>
    () =>
      readConfig({ DATABASE_REPLICA_URL, ...more })
  expect(read('postgres://replica/muster', { DATABASE_URL })().database_replica_url).toBe('postgres://replica/muster')
  expect(read('', { DATABASE_URL })().database_replica_url).toBeUndefined()
  expect(read('replica', { DATABASE_URL })).toThrow(
    'DATABASE_REPLICA_URL=...: must be a URL that begins with postgres://',
  )
  expect(read('postgres://replica/muster')).toThrow('DATABASE_REPLICA_URL: needs DATABASE_URL')
})
