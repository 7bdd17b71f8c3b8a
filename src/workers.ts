import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Listener } from './listen.ts'
import type { Measured } from './measure.ts'
import type { OpenEnv } from './open-env.ts'

/** What a worker tells the keeper, once; and what the keeper tells it, once. */
export type WorkerMessage = { listening: string } | { failed: { message: string } }
export const STOP = 'stop'

/** At SIGHUP, which reaches this process alone: to use a renewed TLS certificate. */
export const RENEW = 'renew'

/** What the keeper asks, now and then, and what a worker answers. */
export const MEASURE = 'measure'
export type WorkerMetrics = { measured: Measured }

/** Requests that wait for the database outlive a small young generation: collecting it took a quarter of the time. */
const ROOMY = '--max-semi-space-size=64'

/** A worker that dies is replaced after the first, and twice as late each time that it dies again soon. */
const PAUSE_MS = { first: 1000, longest: 30_000 }
const SOON_MS = 60_000

/**
 * Answers requests by `config.workers` processes on one port, each a server of its own on the same database. This process keeps
 * them and the database, and answers none. Workers end when it ends, however it does.
 */
export async function listenByWorkers(env: OpenEnv): Promise<Listener> {
  // Each takes connections itself: one handed to a process that has just died would never be answered.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  cluster.setupPrimary({
    exec: fileURLToPath(import.meta.url.replace(/workers(\.\w+)$/, 'worker$1')),
    execArgv: [ROOMY, ...process.execArgv],
    args: [],
  })
  const kept = new Map<Worker, Promise<string>>()
  const stopping = new AbortController()

  const start = async () => {
    const worker = cluster.fork({ DATABASE_URL: env.database_url })
    const ended = endOf(worker).finally(() => kept.delete(worker))
    kept.set(worker, ended)
    const url = await listening(worker, ended)
    // Told while it started, it did not hear it.
    if (stopping.signal.aborted) tell(worker, STOP)
    return { url, ended }
  }
  /** Sees to it that there is always this worker, or another in its place. */
  const keep = async (ended: Promise<string>) => {
    for (let pause_ms = PAUSE_MS.first; ; ) {
      const begun = performance.now()
      const why = await ended
      if (stopping.signal.aborted) return
      if (performance.now() - begun > SOON_MS) pause_ms = PAUSE_MS.first
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
    for (const worker of kept.keys()) tell(worker, RENEW)
  }
  if (env.config.tls) process.on('SIGHUP', renew)
  const close = async () => {
    stopping.abort()
    process.off('SIGHUP', renew)
    for (const worker of kept.keys()) tell(worker, STOP)
    await Promise.all(kept.values())
  }
  try {
    const started = await Promise.all(Array.from({ length: env.config.workers }, start))
    for (const { ended } of started) void keep(ended)
    const measure = async () => (await Promise.all([...kept.keys()].map(measured))).filter((one) => one !== undefined)
    return { url: started[0]!.url, measure, renew, close }
  } catch (error) {
    await close()
    throw error
  }
}

const MEASURED_WITHIN_MS = 2000

/** undefined: it ends, or has no time. */
async function measured(worker: Worker): Promise<Measured | undefined> {
  if (!worker.isConnected()) return undefined
  worker.send(MEASURE, () => {})
  const [answer] = await once(worker, 'message', { signal: AbortSignal.timeout(MEASURED_WITHIN_MS) }).catch(() => [])
  return (answer as WorkerMetrics | undefined)?.measured
}

/** One that ends in this moment cannot be told. */
function tell(worker: Worker, what: string) {
  if (worker.isConnected()) worker.send(what, () => {})
}

/** Fulfilled with why it ended, once all that it told is read. */
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
  const told = once(worker, 'message').then(([first]) => first as WorkerMessage)
  const first = await Promise.race([told, ended])
  if (typeof first === 'string')
    throw new Error(`A worker ended at its start: ${first}. What it said on the way is above.`)
  if ('failed' in first) throw Object.assign(new Error(), first.failed)
  return first.listening
}
