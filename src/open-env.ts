import { type Logger, pino } from 'pino'
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

export const MOST_CONNECTIONS = 28
/** Of the embedded database's 400, for the keeper and all workers together; the rest is for commands beside the server. */
export const MOST_OF_ALL = 330

type Options = {
  /** As the one server of its data directory. */
  exclusive: boolean
  /** To answer requests, which do not wait for the database for ever, as commands do. */
  serving?: boolean
  /** To answer lists and statistics from the replica, where there is one. */
  listing?: boolean
  now?: () => Date
  /** Brings the schema as far as these make it, rather than up to date. */
  migrations?: readonly string[]
}

/** Opens database and blobs, and brings the schema up to date. */
export async function openEnv(
  config: Config,
  { exclusive, serving = false, listing = false, now = () => new Date(), migrations }: Options,
): Promise<OpenEnv> {
  const log = openLog(config)
  const embedded = config.database_url
    ? undefined
    : await openEmbedded(config.data_dir, { exclusive, log: (what) => log.error(what) })
  if (!embedded) await makeDataDir(config.data_dir, undefined)
  const database_url = config.database_url ?? embedded!.url
  const size = Math.min(MOST_CONNECTIONS, Math.floor(MOST_OF_ALL / (config.workers + 1)))
  const primary = openPool(database_url, size, serving ? config.database_timeout_s : undefined)
  const db = listing ? readingFromReplica(primary, config, log) : primary
  const close = async () => {
    await db.close()
    await embedded?.stop()
  }
  try {
    const done = await migrateIn(database_url, migrations)
    if (done.length > 0) log.info({ migrations: done }, 'schema brought up to date')
    await db.hot.query(sql`select 1`)
    const secret = await loadSecret(db)
    const blobs = await openBlobs(config)
    return { config, db, database_url, blobs, secret, now, log, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

function readingFromReplica(primary: Database, config: Config, log: Logger): Database {
  const { database_replica_url: url, database_timeout_s: patience_s } = config
  const tell = (what: string, error?: unknown) => (error ? log.warn({ err: error }, what) : log.info(what))
  return url ? withReplica(primary, { url, timeout_s: patience_s, log: tell }) : primary
}

/** However long it takes. */
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
