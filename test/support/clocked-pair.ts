import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { cloneDatabase } from './clone-database.ts'
import { expectCountersToEqualRows } from './recount.ts'
import { startServer, type TestServer } from './server.ts'

export type ClockedPair = {
  servers: [TestServer, TestServer]
  urls: [string, string]
  /** Moves the clock of both. */
  advance(ms: number): void
}

/** Two servers on one database, with one clock, for all tests of the file; the counters must be exact after each test. */
export function useClockedPair(options: { supervises?: boolean } = {}): ClockedPair {
  const pair = {} as ClockedPair
  let close = async () => {}
  beforeAll(async () => {
    const database = await cloneDatabase()
    const data_dir = await mkdtemp(join(tmpdir(), 'muster-clocked-'))
    const start = () => startServer({ database_url: database.url, data_dir, ...options })
    const servers: ClockedPair['servers'] = [await start(), await start()]
    Object.assign(pair, {
      servers,
      urls: servers.map(({ url }) => url),
      advance: (ms: number) => {
        for (const server of servers) server.advance(ms)
      },
    })
    close = async () => {
      for (const server of servers) await server[Symbol.asyncDispose]()
      await database.drop()
      await rm(data_dir, { recursive: true, force: true })
    }
  })
  afterEach(() => expectCountersToEqualRows(pair.servers[0].env.db))
  afterAll(() => close())
  return pair
}
