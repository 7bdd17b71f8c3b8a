import type { Database } from '../../src/db/db.ts'
import { openPool } from '../../src/db/pool.ts'
import { openApi } from './api.ts'
import { type Balancer, freePort, startBalancer } from './balancer.ts'
import { embeddedDatabase, externalDatabase, type KillableDatabase, sharedDatabase } from './killable-database.ts'
import { ownS3 } from './server.ts'
import { type ServerProcess, startProcess } from './server-process.ts'
import { workersOf } from './worker-processes.ts'

const { MUSTER_TEST_SERVERS = '', MUSTER_TEST_WORKERS = '' } = process.env
const { MUSTER_TEST_DATABASE_URL, MUSTER_TEST_CITUS_URL } = process.env
const SERVERS = Math.max(1, Number(MUSTER_TEST_SERVERS))

/** An installation of Muster that can be killed as a whole or in part. */
export type Installation = AsyncDisposable & {
  readonly url: string
  /** Starts the servers that are not running, and waits until all are ready. */
  start(): Promise<void>
  /** Kill -9 of everything except the database. */
  kill(): Promise<void>
  /** Kill -9 of one process while the others continue, or of the only one. */
  killOne(): Promise<void>
  killDatabase(): Promise<void>
  /** Queries the database, whether a server is running or not. */
  look<Found>(find: (db: Database) => Promise<Found>): Promise<Found>
  /** Stops all servers, and returns their exit codes. */
  stop(): Promise<(number | null)[]>
}

/**
 * One server with a separate database; with MUSTER_TEST_WORKERS=3 with three workers, with MUSTER_TEST_SERVERS=3
 * three servers on one database behind nginx, with MUSTER_TEST_DATABASE_URL on that PostgreSQL, with
 * MUSTER_TEST_CITUS_URL on that cluster, with MUSTER_TEST_BLOBS=s3 with artifacts in S3.
 */
export async function install(data_dir: string): Promise<Installation> {
  const database = await chooseDatabase(data_dir)
  const s3 = await ownS3()
  const servers = serversWith({
    ...{ MUSTER_DATA_DIR: data_dir, MUSTER_WORKERS: MUSTER_TEST_WORKERS || '1', ...database.environment },
    ...s3?.settings,
  })
  let balancer: Balancer | undefined
  return {
    get url() {
      return balancer?.url ?? servers.urls()[0]!
    },
    start: async () => {
      await servers.start()
      if (SERVERS > 1) balancer ??= await startBalancer(servers.urls())
    },
    kill: servers.kill,
    killOne: servers.killOne,
    killDatabase: database.kill,
    look: (find) => queryDatabase(database, find),
    stop: servers.stop,
    [Symbol.asyncDispose]: async () => {
      await servers.kill()
      await balancer?.[Symbol.asyncDispose]()
      await s3?.[Symbol.asyncDispose]()
      await database.drop()
    },
  }
}

function serversWith(environment: Record<string, string>) {
  const servers: (ServerProcess | undefined)[] = new Array(SERVERS).fill(undefined)
  const slots = [...servers.keys()]
  /** A server restarts on its previous port, which the load balancer knows, also if all workers were replaced. */
  const ports: number[] = []
  let turn = 0
  const startAt = async (slot: number) => {
    ports[slot] ??= await freePort()
    servers[slot] ??= await startProcess({ ...environment, MUSTER_PORT: `${ports[slot]}` })
    await untilReady(servers[slot].url)
  }
  const killAt = async (slot: number) => {
    await servers[slot]?.kill()
    servers[slot] = undefined
  }
  return {
    urls: () => servers.map((server) => server!.url),
    start: () => Promise.all(slots.map(startAt)),
    kill: async () => void (await Promise.all(slots.map(killAt))),
    killOne: async () => {
      turn++
      if (!MUSTER_TEST_WORKERS) return killAt(turn % SERVERS)
      const [worker] = await workersOf(servers[0]!.pid)
      if (worker) process.kill(worker, 'SIGKILL')
    },
    stop: async () => {
      const running = servers.splice(0, SERVERS, ...slots.map(() => undefined))
      return Promise.all(running.map((server) => server?.stop() ?? null))
    },
  }
}

async function chooseDatabase(data_dir: string): Promise<KillableDatabase> {
  if (MUSTER_TEST_DATABASE_URL || MUSTER_TEST_CITUS_URL) return externalDatabase()
  return SERVERS > 1 ? sharedDatabase() : embeddedDatabase(data_dir)
}

/** No process listens while all workers are being replaced. */
async function untilReady(url: string) {
  for (;;) {
    const response = await openApi(url)
      .get('/ready')
      .catch(() => undefined)
    if (response?.status === 200) return
    await new Promise((wake) => setTimeout(wake, 50))
  }
}

async function queryDatabase<Found>(
  database: KillableDatabase,
  find: (db: Database) => Promise<Found>,
): Promise<Found> {
  const { url, stop } = await database.open()
  const db = openPool(url, 2)
  try {
    return await find(db)
  } finally {
    await db.close()
    await stop()
  }
}
