import { resolve } from 'node:path'
import type pg from 'pg'
import { hasCode } from '../../has-code.ts'
import { SQLSTATE } from '../database-errors.ts'
import { type Cluster, findCluster } from './cluster.ts'
import { connectOrStart, stop, takeLock, url } from './run-cluster.ts'

/** A running PostgreSQL in the data directory, started by this process or found running (as after a kill -9). */
export type Embedded = {
  url: string
  /** Stops PostgreSQL, unless other processes use it: then the last of them does. */
  stop(): Promise<void>
}

type Options = { exclusive: boolean; log?: (message: string) => void }

// Held by the one server of the data directory.
const SERVER_LOCK = 0x6d757374

/**
 * Starts PostgreSQL in `dataDir`, created at first use, reachable by a Unix socket only. `exclusive` reserves the data
 * directory for one server: a second one fails with a sentence that says so. The server also starts PostgreSQL again
 * whenever it ends, and logs that.
 */
export async function openEmbedded(dataDir: string, { exclusive, log = () => {} }: Options): Promise<Embedded> {
  const cluster = await findCluster(resolve(dataDir))
  const client = await connectOrStart(cluster)
  try {
    await createDatabase(client)
    if (exclusive) await reserve(client, dataDir)
  } catch (error) {
    await client.end()
    throw error
  }
  return {
    url: url(cluster, 'muster'),
    stop: exclusive ? keepRunning(cluster, client, { dataDir, log }) : () => stop(cluster, client),
  }
}

async function reserve(client: pg.Client, dataDir: string) {
  if (!(await takeLock(client, SERVER_LOCK)))
    throw new Error(
      `Another Muster server is using ${resolve(dataDir)}. Stop it first, or give this one its own MUSTER_DATA_DIR.`,
    )
}

const RESTART_PAUSE_MS = 500

type Supervision = { dataDir: string; log: (message: string) => void }

/** Starts PostgreSQL again whenever it ends, until the returned function is called, which stops it. */
function keepRunning(cluster: Cluster, first: pg.Client, { dataDir, log }: Supervision) {
  let client = first
  let stopping = false
  let restarting: Promise<void> | undefined
  const restart = async () => {
    log('PostgreSQL has ended: starting it again')
    while (!stopping) {
      const restarted = await connectOrStart(cluster).catch((error: Error) => void log(error.message))
      if (restarted) {
        client = restarted
        watch()
        return reserve(restarted, dataDir).catch((error: Error) => log(error.message))
      }
      await new Promise((wake) => setTimeout(wake, RESTART_PAUSE_MS))
    }
  }
  const watch = () => {
    client.once('end', () => {
      if (!stopping) restarting = restart()
    })
  }
  watch()
  return async () => {
    stopping = true
    await restarting
    await stop(cluster, client)
  }
}

async function createDatabase(client: pg.Client) {
  const found = await client.query(`select 1 from pg_database where datname = 'muster'`)
  if (found.rowCount === 0)
    await client.query('create database muster').catch((error) => {
      // Another process created it at the same time.
      if (!hasCode(error, SQLSTATE.duplicate_database, SQLSTATE.unique_violation)) throw error
    })
}
