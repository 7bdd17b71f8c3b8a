import { constants } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join as joinPath } from 'node:path'
import pg from 'pg'
import { hasCode } from '../../has-code.ts'
import { SQLSTATE } from '../database-errors.ts'
import { type Cluster, writeAsOwner } from './cluster.ts'

// Shared by all processes that use PostgreSQL, exclusive for the one that stops it.
const USE_LOCK = 0x6d757375
const TIMEOUT_MS = 30_000

/** Connects to the running server or starts it, and waits for one that is starting or shutting down. */
export async function connectOrStart(cluster: Cluster): Promise<pg.Client> {
  const deadline = Date.now() + TIMEOUT_MS
  let lastError: unknown
  while (Date.now() < deadline) {
    try {
      if (!(await isRunning(cluster))) await start(cluster)
      return await connect(cluster)
    } catch (error) {
      lastError = error
      await new Promise((wake) => setTimeout(wake, 200))
    }
  }
  const log = (await readOwn(cluster, 'server.log')) ?? ''
  throw new Error(`PostgreSQL in ${cluster.dir} does not start: ${(lastError as Error)?.message}\n${log.slice(-2000)}`)
}

async function connect(cluster: Cluster): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url(cluster, 'postgres'), application_name: 'muster-lock' })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(`select pg_advisory_lock_shared(${USE_LOCK})`)
  } catch (error) {
    await client.end().catch(() => {})
    if (hasCode(error, SQLSTATE.cannot_connect_now)) throw new Error('it is starting up or shutting down')
    throw error
  }
  return client
}

const isRunning = (cluster: Cluster): Promise<boolean> =>
  cluster.run(cluster.binaries.pg_ctl, ['status', '-D', cluster.dir]).then(
    () => true,
    () => false,
  )

async function start(cluster: Cluster) {
  await writeAsOwner(cluster, { path: joinPath(cluster.dir, 'muster.conf'), text: settings(cluster) })
  const log = joinPath(cluster.dir, 'server.log')
  const command = [cluster.binaries.pg_ctl, 'start', '-D', cluster.dir, '-l', log, '-w', '-s', '-t', '30']
  const [program = '', ...args] = (await canBeBatch(cluster)) ? [...AS_BATCH, ...command] : command
  await cluster.run(program, args)
}

/**
 * Under the batch policy, a backend that a query wakes does not preempt the server that sent it and has more to do;
 * other processes do, even while another processor is idle. Measured with two processors: idle polls 1.05 to 1.14,
 * offers 1.1 to 1.3, reports 1.06 to 1.24 times as many.
 */
const AS_BATCH = ['chrt', '-b', '0']

/** Only Linux has this policy, and may refuse it. A process that was given another policy on purpose keeps it. */
async function canBeBatch({ run }: Cluster): Promise<boolean> {
  try {
    // The policy is field 41; field 3 follows the name of the program, which ends with the last bracket.
    const stat = await readFile('/proc/self/stat', 'utf8')
    const policy = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[41 - 3]
    if (policy !== '0') return false
    await run('chrt', [...AS_BATCH.slice(1), 'true'])
    return true
  } catch {
    return false
  }
}

const MIB = 1024 * 1024

/** An eighth of the memory, but at most what the keys of several million devices need. */
function sharedBuffersMb(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return Math.max(128, Math.min(1024, Math.floor(memory / 8 / MIB)))
}

const settings = ({ socketDir }: Cluster) => `listen_addresses = ''
unix_socket_directories = '${socketDir.replaceAll("'", "''")}'
unix_socket_permissions = 0700
max_connections = 400
max_locks_per_transaction = 256
shared_buffers = ${sharedBuffersMb()}MB
max_wal_size = 4GB
jit = off
timezone = 'UTC'
`

export const url = ({ socketDir, password }: Cluster, database: string) =>
  `postgres://muster:${password}@/${database}?host=${encodeURIComponent(socketDir)}`

/**
 * Of several processes that stop at once, the last stops PostgreSQL. New ones wait for the lock until the shutdown
 * disconnects them.
 */
export async function stop(cluster: Cluster, client: pg.Client) {
  if (await isLast(client)) {
    const pid = await postmasterPid(cluster)
    await cluster.run(cluster.binaries.pg_ctl, ['stop', '-D', cluster.dir, '-m', 'fast', '-W'])
    await untilGone(cluster, pid)
  }
  await client.end()
}

/** pg_ctl's own wait would continue for a server that another process starts at the same moment. */
async function untilGone(cluster: Cluster, pid: string | undefined) {
  const deadline = Date.now() + TIMEOUT_MS
  while (pid !== undefined && (await postmasterPid(cluster)) === pid) {
    if (Date.now() > deadline) throw new Error(`PostgreSQL in ${cluster.dir} does not stop.`)
    await new Promise((wake) => setTimeout(wake, 20))
  }
}

/** From the file that the running server wrote; undefined if none runs. */
const postmasterPid = async (cluster: Cluster): Promise<string | undefined> =>
  (await readOwn(cluster, 'postmaster.pid'))?.split('\n')[0]

/** Reads a file of PostgreSQL's directory, but follows no link: root would read what the owner of the link may not. */
async function readOwn({ dir }: Cluster, name: string): Promise<string | undefined> {
  const file = await open(joinPath(dir, name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
  return file?.readFile('utf8').finally(() => file.close())
}

/** false also if PostgreSQL has ended already. */
const isLast = (client: pg.Client): Promise<boolean> =>
  client.query(`select pg_advisory_unlock_shared(${USE_LOCK})`).then(
    () => takeLock(client, USE_LOCK),
    () => false,
  )

export const takeLock = async (client: pg.Client, lock: number): Promise<boolean> =>
  (await client.query(`select pg_try_advisory_lock(${lock}) as locked`)).rows[0].locked
