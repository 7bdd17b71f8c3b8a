import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'
import type { Db } from '../../src/db/db.ts'
import { openPool } from '../../src/db/pool.ts'
import { sql } from '../../src/db/sql.ts'
import { cloneDatabase } from './clone-database.ts'
import { fillRows } from './fill-rows.ts'
import { expectCountersToEqualRows } from './recount.ts'
import { expectActionsToMatchRows } from './recount-actions.ts'
import { type Rivals, startRivals } from './rivals.ts'
import { startServer, type TestServer } from './server.ts'

type Contest = AsyncDisposable & {
  /** For setup and inspection. */
  server: TestServer
  /** The two servers that race against each other, on the same database. */
  rivals: Rivals
  /** Without time limits: a count of the rows of thousands of deployments takes longer than a request may. */
  counting: Db
}

type Options = {
  /** Whether there are rows enough for the servers to prepare their statements: `src/db/prepare.ts`. */
  prepares?: boolean
}

/** Expects at its end that no deadlock has occurred. */
async function startContest({ prepares = false }: Options): Promise<Contest> {
  const database = await cloneDatabase()
  const data_dir = await mkdtemp(join(tmpdir(), 'muster-contest-'))
  const server = await startServer({ database_url: database.url, data_dir })
  if (prepares) await fillRows(server.env.db)
  const rivals = await startRivals({ DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir })
  const counting = openPool(database.url, 1)
  const end = async () => {
    const stats = await server.env.db.first<{ deadlocks: number }>(sql`
      select deadlocks from pg_stat_database where datname = current_database()`)
    await counting.close()
    await rivals[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    await database.drop()
    await rm(data_dir, { recursive: true, force: true })
    expect(stats?.deadlocks).toBe(0)
  }
  return { server, rivals, counting, [Symbol.asyncDispose]: end }
}

/** A contest for all tests of the file; the counters and actions must be exact after each test. */
export function useContest(options: Options = {}): Pick<Contest, 'server' | 'rivals'> {
  const server = {} as TestServer
  const rivals = {} as Rivals
  let contest: Contest | undefined
  // Thousands of requests, for which a busy machine takes longer.
  vi.setConfig({ testTimeout: 720_000 })
  beforeAll(async () => {
    contest = await startContest(options)
    Object.assign(server, contest.server)
    Object.assign(rivals, contest.rivals)
  })
  afterEach(async () => {
    const { counting } = contest!
    await expectCountersToEqualRows(counting)
    await expectActionsToMatchRows(counting)
  })
  afterAll(() => contest?.[Symbol.asyncDispose]())
  return { server, rivals }
}
