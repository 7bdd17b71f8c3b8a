import { resolve } from 'node:path'
import type pg from 'pg'
import { hasCode } from '../../error-code.ts'
import { SQLSTATE } from '../database-errors.ts'
import { type Cluster, findCluster } from './cluster.ts'
import { connectAnyhow, stop, takeLock, url } from './run-cluster.ts'

/** A running PostgreSQL in the data directory, started by us or found running (after a kill -9 it is). */
export type Embedded = {
  url: string
  /** Stops PostgreSQL, unless others still use it: the last one does. */
  stop(): Promise<void>
}

type Options = { exclusive: boolean; tell?: (what: string) => void }

// Held by the one server of the data directory.
const SERVER_LOCK = 0x6d757374

/**
 * Starts PostgreSQL in `dataDir`, made on first use, reachable by a Unix socket only.
 * `exclusive` holds the data directory for one server: a second one is refused with a sentence. It also starts PostgreSQL
 * again whenever that ends, and tells so.
 */
export async function openEmbedded(dataDir: string, { exclusive, tell = () => {} }: Options): Promise<Embedded> {
  const cluster = await findCluster(resolve(dataDir))
  const client = await connectAnyhow(cluster)
  try {
    await createDatabase(client)
    if (exclusive) await holdDirectory(client, dataDir)
  } catch (error) {
    await client.end()
    throw error
  }
  const stopIt = exclusive ? keepRunning(cluster, client, { dataDir, tell }) : () => stop(cluster, client)
  return { url: url(cluster, 'muster'), stop: stopIt }
}

async function holdDirectory(client: pg.Client, dataDir: string) {
  if (!(await takeLock(client, SERVER_LOCK)))
    throw new Error(
      `Another Muster server is using ${resolve(dataDir)}. Stop it first, or give this one its own MUSTER_DATA_DIR.`,
    )
}

const REVIVED_AFTER_MS = 500

/** Brings PostgreSQL back when it ends, until the answer is called. */
function keepRunning(
  cluster: Cluster,
  first: pg.Client,
  { dataDir, tell }: { dataDir: string; tell: (what: string) => void },
) {
  let client = first
  let stopping = false
  let reviving: Promise<void> | undefined
  const revive = async () => {
    tell('PostgreSQL has ended: starting it again')
    while (!stopping) {
      const revived = await connectAnyhow(cluster).catch((error: Error) => void tell(error.message))
      if (revived) {
        client = revived
        watch()
        return holdDirectory(revived, dataDir).catch((error: Error) => tell(error.message))
      }
      await new Promise((wake) => setTimeout(wake, REVIVED_AFTER_MS))
    }
  }
  const watch = () => {
    client.once('end', () => {
      if (!stopping) reviving = revive()
    })
  }
  watch()
  return async () => {
    stopping = true
    await reviving
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
