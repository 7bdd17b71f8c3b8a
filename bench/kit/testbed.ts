import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Database } from '../../src/db/db.ts'
import { openEmbedded } from '../../src/db/embedded/embedded.ts'
import { openPool } from '../../src/db/pool.ts'
import { loadSecret } from '../../src/db/secret.ts'
import { type Load, startLoad } from './load.ts'

export const BUILT = join(import.meta.dirname, '..', '..', 'dist', 'main.js')
/** As in `npm start`. To profile: `BENCH_NODE_ARGS='--cpu-prof --cpu-prof-dir=/tmp/profile' npm run bench -- poll`. */
export const NODE_ARGS = ['--max-semi-space-size=64', ...(process.env.BENCH_NODE_ARGS?.split(' ') ?? [])]

/** The measured servers and the load process: each in its own process, on 127.0.0.1, with a temporary directory. */
export type Testbed = AsyncDisposable & {
  load: Load
  db: Database
  secret: Buffer
  /** The built server. */
  muster: Subject
  /** A bare Fastify that returns a constant. */
  hello: Subject
  /** 0: the database is not the testbed's. */
  postgres_pid: number
  /** Starts another Muster on the same database. */
  startMuster(environment: Record<string, string>): Promise<Subject>
}

type Subject = { pid: number; port: number; url: string }

export const ADMINISTRATOR = { email: 'bench@example.com', password: 'measure for measure' }

export type Closers = (() => PromiseLike<unknown>)[]

/** `database_url`: of a database to use instead of an embedded one. */
export async function openTestbed(database_url?: string): Promise<Testbed> {
  const closers: Closers = []
  const close = async () => {
    for (const one of closers.reverse()) await one()
  }
  try {
    const dir = await mkdtemp(join(tmpdir(), 'muster-bench-'))
    closers.push(() => rm(dir, { recursive: true, force: true }))
    const embedded = database_url ? undefined : await openEmbedded(dir, { exclusive: false })
    closers.push(async () => embedded?.stop())
    const url = database_url ?? embedded!.url
    const start = (environment: Record<string, string> = {}) =>
      startMuster(closers, { MUSTER_DATA_DIR: dir, DATABASE_URL: url, ...environment })
    const muster = await start()
    const db = openPool(url, 4)
    closers.push(() => db.close())
    const load = await startLoad()
    closers.push(() => load[Symbol.asyncDispose]())
    const hello = await startHello(closers)
    const pid = embedded ? await postmasterOf(join(dir, 'postgres')) : 0
    const secret = await loadSecret(db)
    const servers = { muster, hello, postgres_pid: pid, startMuster: start }
    return { load, db, secret, ...servers, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

export async function postmasterOf(data_directory: string): Promise<number> {
  const [pid] = (await readFile(join(data_directory, 'postmaster.pid'), 'utf8')).split('\n')
  return Number(pid)
}

async function startMuster(closers: Closers, environment: Record<string, string>): Promise<Subject> {
  const child = spawn(process.execPath, [...NODE_ARGS, BUILT], {
    env: {
      ...process.env,
      ...{ MUSTER_HOST: '127.0.0.1', MUSTER_PORT: '0' },
      ...{ MUSTER_ADMIN_EMAIL: ADMINISTRATOR.email, MUSTER_ADMIN_PASSWORD: ADMINISTRATOR.password },
      MUSTER_LOG_LEVEL: 'error',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  closers.push(() => stop(child))
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listens on (\S+)/.exec(line)?.[1]
    if (!url) continue
    child.stdout.resume()
    return { pid: child.pid ?? 0, url, port: Number(new URL(url).port) }
  }
  throw new Error('The server did not start. Is it built (npm run build)?')
}

/** The server is stopped by what this adds to the closers. */
export async function startHello(closers: Closers): Promise<Subject> {
  const child = fork(join(import.meta.dirname, 'hello-process.ts'), { execArgv: ['--import', 'tsx'] })
  closers.push(() => stop(child))
  const [port] = (await once(child, 'message')) as [number]
  return { pid: child.pid ?? 0, port, url: `http://127.0.0.1:${port}` }
}

async function stop(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill()
  await ended
}
