import { execFile } from 'node:child_process'
import { appendFile, chown, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { familyOf } from '../../bench/kit/cpu.ts'
import { findCluster } from '../../src/db/embedded/cluster.ts'
import { openEmbedded } from '../../src/db/embedded/embedded.ts'
import { url as urlOf } from '../../src/db/embedded/run-cluster.ts'
import { databaseUrl, run } from './run-statement.ts'

/** A primary and its streaming replica, both real and separate from other tests. */
export type Pair = AsyncDisposable & {
  primary_url: string
  replica_url: string
  /** Runs a statement on the replica, and returns its rows. */
  onReplica<Row>(statement: string): Promise<Row[]>
  /** The statement log of the replica since the last call. */
  statements(): Promise<string>
  /** Changes settings of the replica immediately. */
  set(settings: string): Promise<void>
  primaryPid(): Promise<number>
  /** The process IDs of the replica, first that of the postmaster. */
  pids(): Promise<number[]>
  start(): Promise<void>
}

export async function startPair(): Promise<Pair> {
  const base = await mkdtemp(join(tmpdir(), 'muster-pair-'))
  const embedded = await openEmbedded(join(base, 'primary'), { exclusive: false })
  const primary = await findCluster(join(base, 'primary'))
  const dir = join(base, 'replica')
  await copyCluster(embedded.url, { from: primary.dir, to: dir })
  const [settings, server_log] = [join(dir, 'muster.conf'), join(dir, 'server.log')]
  await rm(server_log, { force: true })
  await appendFile(
    settings,
    `unix_socket_directories = '${dir}'
log_statement = all
primary_conninfo = 'host=${primary.socketDir} user=muster password=${primary.password}'
`,
  )
  const start = () =>
    primary.run(primary.binaries.pg_ctl, ['start', '-D', dir, '-l', server_log, '-w', '-s', '-t', '30'])
  await start()
  const replica_url = urlOf({ ...primary, socketDir: dir }, 'muster')
  const onReplica = <Row>(statement: string) => run<Row>(replica_url, statement)
  let read = 0
  return {
    primary_url: embedded.url,
    ...{ replica_url, start, onReplica },
    statements: async () => {
      const log = await readFile(server_log, 'utf8')
      const added = log.slice(read)
      read = log.length
      return added
    },
    set: async (more) => {
      await appendFile(settings, `${more}\n`)
      await onReplica('select pg_reload_conf()')
    },
    primaryPid: () => postmasterOf(primary.dir),
    pids: async () => familyOf(await postmasterOf(dir)),
    [Symbol.asyncDispose]: async () => {
      await primary.run(primary.binaries.pg_ctl, ['stop', '-D', dir, '-m', 'immediate', '-s']).catch(() => {})
      await embedded.stop()
      await rm(base, { recursive: true, force: true })
    },
  }
}

/** Makes a base backup with the owner and modes of the original. */
async function copyCluster(url: string, { from, to }: { from: string; to: string }) {
  const client = new pg.Client(databaseUrl(url, 'postgres'))
  await client.connect()
  try {
    await client.query(`select pg_backup_start('replica', true)`)
    await promisify(execFile)('cp', ['-a', from, to])
    for (const name of ['postmaster.pid', 'postmaster.opts']) await rm(join(to, name), { force: true })
    for (const name of await readdir(to)) if (name.startsWith('.s.PGSQL')) await rm(join(to, name), { force: true })
    const { rows } = await client.query('select labelfile from pg_backup_stop(false)')
    await writeFile(join(to, 'backup_label'), rows[0].labelfile)
    await writeFile(join(to, 'standby.signal'), '')
    const { uid, gid } = await stat(from)
    for (const name of ['backup_label', 'standby.signal']) await chown(join(to, name), uid, gid)
  } finally {
    await client.end()
  }
}

const postmasterOf = async (dir: string): Promise<number> =>
  Number((await readFile(join(dir, 'postmaster.pid'), 'utf8')).split('\n')[0])
