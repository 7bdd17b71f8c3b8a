import type { Database } from '../../src/db/db.ts'
import { openPool } from '../../src/db/pool.ts'
import { openApi } from './api.ts'
import { type Balancer, freePort, startBalancer } from './balancer.ts'
import { databaseApart, databaseGiven, databaseIn, type KillableDatabase } from './killable-database.ts'
import { ownS3 } from './server.ts'
import { type ServerProcess, startProcess } from './server-process.ts'
import { workersOf } from './worker-processes.ts'

const { MUSTER_TEST_SERVERS = '', MUSTER_TEST_WORKERS = '', MUSTER_TEST_DATABASE_URL } = process.env
const SERVERS = Math.max(1, Number(MUSTER_TEST_SERVERS))

/** Muster as it is set up somewhere, to be killed in whole or in part. */
export type Installation = AsyncDisposable & {
  readonly url: string
  /** Starts what does not run, and waits until all are ready. */
  start(): Promise<void>
  /** Kill -9 of everything but the database. */
  kill(): Promise<void>
  /** Kill -9 of one process, while the others go on; where there is only one, of that. */
  killOne(): Promise<void>
  killDatabase(): Promise<void>
  /** Looks into the database, whether a server runs or not. */
  look<Found>(find: (db: Database) => Promise<Found>): Promise<Found>
  /** The exit codes of all servers, told to stop. */
  stop(): Promise<(number | null)[]>
}

/**
 * One server with a database of its own; with MUSTER_TEST_WORKERS=3 of three workers, with MUSTER_TEST_SERVERS=3 three of them behind
 * nginx on one database, with MUSTER_TEST_DATABASE_URL on that PostgreSQL, with MUSTER_TEST_BLOBS=s3 with artifacts in S3.
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
    look: (find) => lookInto(database, find),
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
  const places = [...servers.keys()]
  /** Each comes back to its place behind a load balancer; and workers to theirs, when all had to be replaced. */
  const ports: number[] = []
  let turn = 0
  const startAt = async (place: number) => {
    ports[place] ??= await freePort()
    servers[place] ??= await startProcess({ ...environment, MUSTER_PORT: `${ports[place]}` })
    await untilReady(servers[place].url)
  }
  const killAt = async (place: number) => {
    await servers[place]?.kill()
    servers[place] = undefined
  }
  return {
    urls: () => servers.map((server) => server!.url),
    start: () => Promise.all(places.map(startAt)),
    kill: async () => void (await Promise.all(places.map(killAt))),
    killOne: async () => {
      turn++
      if (!MUSTER_TEST_WORKERS) return killAt(turn % SERVERS)
      const [worker] = await workersOf(servers[0]!.pid)
      if (worker) process.kill(worker, 'SIGKILL')
    },
    stop: async () => {
      const running = servers.splice(0, SERVERS, ...places.map(() => undefined))
      return Promise.all(running.map((server) => server?.stop() ?? null))
    },
  }
}

async function chooseDatabase(data_dir: string): Promise<KillableDatabase> {
  if (MUSTER_TEST_DATABASE_URL) return databaseGiven()
  return SERVERS > 1 ? databaseApart() : databaseIn(data_dir)
}

/** Nobody listens either while all workers are being replaced. */
async function untilReady(url: string) {
  for (;;) {
    const answer = await openApi(url)
      .get('/ready')
      .catch(() => undefined)
    if (answer?.status === 200) return
    await new Promise((wake) => setTimeout(wake, 50))
  }
}

async function lookInto<Found>(database: KillableDatabase, find: (db: Database) => Promise<Found>): Promise<Found> {
  const { url, stop } = await database.open()
  const db = openPool(url, 2)
  try {
    return await find(db)
  } finally {
    await db.close()
    await stop()
  }
}
