import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Listener } from './listen.ts'
import type { Measured } from './measure.ts'
import type { OpenEnv } from './open-env.ts'

/** What a worker tells the keeper, once; and what the keeper tells it, once. */
export type Listening = { listening: string }
export const STOP = 'stop'

/** What the keeper asks, now and then, and what a worker answers. */
export const MEASURE = 'measure'
export type Answered = { measured: Measured }
/** Requests that wait for the database outlive a small young generation: collecting it took a quarter of the time. */
const ROOMY = '--max-semi-space-size=64'

/** A worker that dies is replaced, not more often than this. */
const REPLACED_AFTER_MS = 1000

/**
 * Answers requests by `config.workers` processes on one port, each a server of its own on the same database. This process keeps
 * them and the database, and answers none. Workers end when it ends, however it does.
 */
export async function listenByWorkers(env: OpenEnv): Promise<Listener> {
  cluster.setupPrimary({
    exec: fileURLToPath(import.meta.url.replace(/workers(\.\w+)$/, 'worker$1')),
    execArgv: [ROOMY, ...process.execArgv],
    args: [],
  })
  const environment = { DATABASE_URL: env.database_url }
  const kept = new Set<Worker>()
  let stopping = false

  const start = async (): Promise<string> => {
    const worker = cluster.fork(environment)
    kept.add(worker)
    worker.once('exit', () => kept.delete(worker))
    const url = await listening(worker)
    worker.once('exit', () => !stopping && replace())
    return url
  }
  const replace = () => {
    env.log.error('a worker ended; another takes its place')
    setTimeout(() => !stopping && start().catch(replace), REPLACED_AFTER_MS)
  }
  const close = async () => {
    stopping = true
    await Promise.all([...kept].map(stop))
  }
  try {
    const [url] = await Promise.all(Array.from({ length: env.config.workers }, start))
    const measure = async () => (await Promise.all([...kept].map(measured))).filter((one) => one !== undefined)
    return { url: url as string, measure, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function listening(worker: Worker): Promise<string> {
  const [told] = await Promise.race([once(worker, 'message'), once(worker, 'exit').then(() => [undefined])])
  if (!told) throw new Error('A worker ended at its start; the log says why.')
  return (told as Listening).listening
}

const MEASURED_WITHIN_MS = 2000

/** undefined: it ends, or has no time. */
async function measured(worker: Worker): Promise<Measured | undefined> {
  if (!worker.isConnected()) return undefined
  worker.send(MEASURE)
  const [answer] = await once(worker, 'message', { signal: AbortSignal.timeout(MEASURED_WITHIN_MS) }).catch(() => [])
  return (answer as Answered | undefined)?.measured
}

async function stop(worker: Worker): Promise<void> {
  const ended = once(worker, 'exit')
  if (worker.isConnected()) worker.send(STOP)
  await ended
}
