import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Listener } from './listen.ts'
import type { ProcessMetrics } from './measure.ts'
import type { OpenEnv } from './open-env.ts'

/** The first message of a worker to the primary process. */
export type WorkerMessage = { listening: string } | { failed: { message: string } }

/** A message of the primary process: end. */
export const STOP = 'stop'

/** A message of the primary process, which alone receives SIGHUP: use the renewed TLS certificate. */
export const RENEW = 'renew'

/** A message of the primary process, and the response of a worker. */
export const METRICS = 'metrics'
export type WorkerMetrics = { metrics: ProcessMetrics }

/** Requests that wait for the database outlive a small young generation: collecting it took a quarter of the time. */
const LARGE_YOUNG_GENERATION = '--max-semi-space-size=64'

/** The pause before a worker is replaced: doubled each time, unless the worker has run for a while. */
const PAUSE_MS = { first: 1000, longest: 30_000 }
const STABLE_AFTER_MS = 60_000

/**
 * Serves requests by `config.workers` processes on one port, each a server of its own on the same database. This
 * process, the primary, supervises them and the database, and serves none. Workers end when it ends, however that
 * happens.
 */
export async function listenByWorkers(env: OpenEnv): Promise<Listener> {
  // Each worker accepts connections itself: one passed to a process that has just died would never be served.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  cluster.setupPrimary({
    exec: fileURLToPath(import.meta.url.replace(/[^/]+(\.\w+)$/, 'worker$1')),
    execArgv: [LARGE_YOUNG_GENERATION, ...process.execArgv],
    args: [],
  })
  const workers = new Map<Worker, Promise<string>>()
  const stopping = new AbortController()

  const start = async () => {
    const worker = cluster.fork({ DATABASE_URL: env.database_url })
    const ended = endOf(worker).finally(() => workers.delete(worker))
    workers.set(worker, ended)
    const url = await listening(worker, ended)
    // A message sent while it started was lost.
    if (stopping.signal.aborted) send(worker, STOP)
    return { url, ended }
  }
  /** Replaces a worker whenever it ends. */
  const supervise = async (ended: Promise<string>) => {
    for (let pause_ms = PAUSE_MS.first; ; ) {
      const started_ms = performance.now()
      const why = await ended
      if (stopping.signal.aborted) return
      if (performance.now() - started_ms > STABLE_AFTER_MS) pause_ms = PAUSE_MS.first
      env.log.error({ why, pause_ms }, 'a worker ended: another takes its place')
      await sleep(pause_ms, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      pause_ms = Math.min(2 * pause_ms, PAUSE_MS.longest)
      ended = start().then(
        (started) => started.ended,
        ({ message }: Error) => message,
      )
    }
  }
  const renew = () => {
    for (const worker of workers.keys()) send(worker, RENEW)
  }
  if (env.config.tls) process.on('SIGHUP', renew)
  const close = async () => {
    stopping.abort()
    process.off('SIGHUP', renew)
    for (const worker of workers.keys()) send(worker, STOP)
    await Promise.all(workers.values())
  }
  try {
    const started = await Promise.all(Array.from({ length: env.config.workers }, start))
    for (const { ended } of started) void supervise(ended)
    const metrics = async () =>
      (await Promise.all([...workers.keys()].map(metricsOf))).filter((one) => one !== undefined)
    return { url: started[0]!.url, metrics, renew, close }
  } catch (error) {
    await close()
    throw error
  }
}

const METRICS_TIMEOUT_MS = 2000

/** undefined if the worker ends or is too busy. */
async function metricsOf(worker: Worker): Promise<ProcessMetrics | undefined> {
  if (!worker.isConnected()) return undefined
  worker.send(METRICS, () => {})
  const [message] = await once(worker, 'message', { signal: AbortSignal.timeout(METRICS_TIMEOUT_MS) }).catch(() => [])
  return (message as WorkerMetrics | undefined)?.metrics
}

/** Ignores errors: the worker may end at this moment. */
function send(worker: Worker, message: string) {
  if (worker.isConnected()) worker.send(message, () => {})
}

/** Resolves with the reason of the end, once all messages of the worker have been read. */
async function endOf(worker: Worker): Promise<string> {
  const disconnected = new Promise((resolve) => worker.once('disconnect', resolve))
  const ended = new Promise<string>((resolve) => {
    worker.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    worker.on('error', ({ message }) => worker.process.pid === undefined && resolve(message))
  })
  const why = await ended
  if (worker.isConnected()) await disconnected
  return why
}

async function listening(worker: Worker, ended: Promise<string>): Promise<string> {
  const message = once(worker, 'message').then(([first]) => first as WorkerMessage)
  const first = await Promise.race([message, ended])
  if (typeof first === 'string')
    throw new Error(`A worker ended at its start: ${first}. What it said on the way is above.`)
  if ('failed' in first) throw Object.assign(new Error(), first.failed)
  return first.listening
}
