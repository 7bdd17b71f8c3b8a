import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { openEmbedded } from '../../src/db/embedded/embedded.ts'
import { cloneDatabase } from './clone-database.ts'
import { databaseUrl, run } from './run-statement.ts'

/** The database of an installation, which can be killed repeatedly. */
export type KillableDatabase = {
  /** The settings of a server that uses it. */
  environment: Record<string, string>
  /** Kill -9 of PostgreSQL, which has to recover. */
  kill(): Promise<void>
  /** Opens a connection URL, whether a server is running or not. */
  open(): Promise<{ url: string; stop(): Promise<void> }>
  drop(): Promise<unknown>
}

/** The embedded database in the data directory of a server. */
export const embeddedDatabase = (data_dir: string): KillableDatabase => ({
  environment: {},
  kill: () => killPostmaster(data_dir),
  open: () => openEmbedded(data_dir, { exclusive: false }),
  drop: async () => {},
})

/** A database for several servers, none of which owns it, separate from that of other tests. */
export async function sharedDatabase(): Promise<KillableDatabase> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-database-'))
  let running = await openEmbedded(dir, { exclusive: false })
  return {
    environment: { DATABASE_URL: running.url },
    kill: async () => {
      await killPostmaster(dir)
      running = await openEmbedded(dir, { exclusive: false })
    },
    open: () => openEmbedded(dir, { exclusive: false }),
    drop: async () => {
      await running.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/**
 * A database in the local PostgreSQL of the tests, where killing one backend restarts all databases; of a cluster one
 * machine after the other.
 */
export async function externalDatabase(): Promise<KillableDatabase> {
  const { url, drop } = await cloneDatabase()
  const nodes = inject('citus_nodes')
  const machines = nodes.length > 0 ? nodes.map((node) => databaseUrl(node, new URL(url).pathname.slice(1))) : [url]
  let kills = 0
  return {
    environment: { DATABASE_URL: url },
    kill: () => killBackend(machines[kills++ % machines.length]!),
    open: async () => {
      // What a killed machine has prepared but not committed, which Citus otherwise repairs within a minute.
      if (nodes.length > 0) await run(url, 'select recover_prepared_transactions()')
      return { url, stop: async () => {} }
    },
    drop,
  }
}

async function killBackend(url: string) {
  const client = await connectTo(url)
  const { rows } = await client.query('select pg_backend_pid() as pid')
  process.kill(rows[0].pid, 'SIGKILL')
  await client.end().catch(() => {})
  await (await untilConnected(url)).end()
}

/** Kill -9 of the embedded database of a data directory. */
export async function killPostmaster(data_dir: string) {
  const [pid] = (await readFile(join(data_dir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
}

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  return client
}

async function untilConnected(url: string): Promise<pg.Client> {
  for (;;) {
    const client = await connectTo(url).catch(() => undefined)
    if (client) return client
    await new Promise((wake) => setTimeout(wake, 50))
  }
}
