import { type Logger, pino } from 'pino'
import type { Blobs } from './blobs/blobs.ts'
import { openBlobs } from './blobs/open-blobs.ts'
import type { Config } from './config.ts'
import type { Database } from './db/db.ts'
import { makeDataDir } from './db/embedded/data-dir.ts'
import { openEmbedded } from './db/embedded/embedded.ts'
import { migrate } from './db/migrate.ts'
import { openPool } from './db/pool.ts'
import { withReplica } from './db/replica/replica-reads.ts'
import { loadSecret } from './db/secret.ts'
import { sql } from './db/sql.ts'
import type { Env } from './env.ts'

export type OpenEnv = Env & AsyncDisposable & { database_url: string }

/** One of them reads what has changed. */
export const MAX_CONNECTIONS = 29
/**
 * Of the 400 of the embedded database, for the primary process and all workers; the rest is for commands beside the
 * server.
 */
export const MAX_TOTAL_CONNECTIONS = 330

type Options = {
  /** As the only server of its data directory. */
  exclusive: boolean
  /** To serve requests, whose statements have a time limit, unlike those of commands. */
  serving?: boolean
  /** To read lists and statistics from the replica, if there is one. */
  listing?: boolean
  now?: () => Date
  /** Runs only these migrations, rather than all. */
  migrations?: readonly string[]
}

/** Opens the database and the store, and runs the migrations that the database lacks. */
export async function openEnv(
  config: Config,
  { exclusive, serving = false, listing = false, now = () => new Date(), migrations }: Options,
): Promise<OpenEnv> {
  const log = openLog(config)
  const embedded = config.database_url
    ? undefined
    : await openEmbedded(config.data_dir, { exclusive, log: (message) => log.error(message) })
  if (!embedded) await makeDataDir(config.data_dir, undefined)
  const database_url = config.database_url ?? embedded!.url
  const size = Math.min(MAX_CONNECTIONS, Math.floor(MAX_TOTAL_CONNECTIONS / (config.workers + 1))) - 1
  const timeout_s = serving ? config.database_timeout_s : undefined
  const primary = openPool(database_url, size, timeout_s, (message) => log.warn(message))
  const db = listing ? withReadsFromReplica(primary, config, log) : primary
  let blobs: Blobs | undefined
  const close = async () => {
    blobs?.close()
    await db.close()
    await embedded?.stop()
  }
  try {
    const done = await migrateIn(database_url, migrations)
    if (done.length > 0) log.info({ migrations: done }, 'schema brought up to date')
    await db.hot.query(sql`select 1`)
    const secret = await loadSecret(db)
    blobs = await openBlobs(config)
    return { config, db, database_url, blobs, secret, now, log, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

function withReadsFromReplica(primary: Database, config: Config, log: Logger): Database {
  const { database_replica_url: url, database_timeout_s: timeout_s } = config
  const write = (message: string, error?: unknown) => (error ? log.warn({ err: error }, message) : log.info(message))
  return url ? withReplica(primary, { url, timeout_s, log: write }) : primary
}

/** Without a time limit. */
async function migrateIn(database_url: string, migrations: readonly string[] | undefined) {
  const db = openPool(database_url, 1)
  return migrate(db, migrations).finally(() => db.close())
}

const openLog = (config: Config): Logger =>
  pino(
    {
      level: config.log_level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    pino.destination({ dest: 2, sync: true }),
  )
