import { sweepBlobs } from './artifacts/sweep-blobs.ts'
import { pruneGuesses } from './auth/guesses/prune-guesses.ts'
import { ensureAdministrator } from './auth/tenants/ensure-administrator.ts'
import type { Config } from './config.ts'
import { openPool } from './db/pool.ts'
import { pruneHistory } from './deployments/upkeep/prune-history.ts'
import { writeAborts } from './deployments/upkeep/write-aborts.ts'
import { pruneEvents } from './events/prune-events.ts'
import { type Listener, type ListenOptions, listen } from './listen.ts'
import { type OpenEnv, openEnv } from './open-env.ts'
import { repeat } from './repeat.ts'
import { serveMetrics } from './serve-metrics.ts'
import { listenByWorkers } from './workers.ts'

export type Server = AsyncDisposable & {
  url: string
  metrics_url: string | undefined
  env: OpenEnv
  /** The administrator's login, if it was made just now with a password of ours. */
  administrator: { email: string; password: string } | undefined
}

type Options = ListenOptions & { now?: () => Date }

/** What runs beside the requests takes as long as it takes, and no connection from them. */
export const BACKGROUND_POOL_SIZE = 4

/** Starts a server and answers once it listens; disposing it answers what is under way, then closes everything. */
export async function serve(config: Config, { now, ...options }: Options = {}): Promise<Server> {
  // The keeper of workers answers no lists.
  const listing = config.workers === 1
  const env = await openEnv(config, { exclusive: true, serving: true, listing, ...(now ? { now } : {}) })
  let listener: Listener | undefined
  try {
    listener = await (config.workers > 1 ? listenByWorkers(env) : listen(env, options))
    const { url, close } = listener
    const metrics = config.metrics && (await serveMetrics(env, config.metrics, listener))
    // Only once nothing can fail any more: a password made up is shown once.
    const administrator = await ensureAdministrator(env)
    const background = { ...env, db: openPool(env.database_url, BACKGROUND_POOL_SIZE) }
    const sweeping = sweep(background)
    const settling = settle(background)
    const pruning = prune(background)
    const stop = async () => {
      await metrics?.close()
      await close()
      await sweeping
      await settling.stop()
      await pruning.stop()
      await background.db.close()
      await env[Symbol.asyncDispose]()
    }
    return { url, metrics_url: metrics?.url, env, administrator, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await listener?.close()
    await env[Symbol.asyncDispose]()
    throw error
  }
}

/** Beside the requests; what it cannot delete now, the next start may. */
const sweep = (env: OpenEnv) =>
  sweepBlobs(env).then(
    (swept) => swept > 0 && env.log.info({ swept }, 'deleted files of uploads that a stop cut off'),
    (error) => env.log.warn({ err: error }, 'could not look for files of uploads that a stop cut off'),
  )

const SETTLE_EVERY_MS = 1000

/** Whoever aborted: what another process, or one that was killed, left to do is done here. */
const settle = (env: OpenEnv) =>
  repeat((stop) => writeAborts(env, stop), {
    pause_ms: SETTLE_EVERY_MS,
    failed: (error) => env.log.warn({ err: error }, 'could not write down what aborts ended: trying again'),
  })

const PRUNE_EVERY_MS = 10 * 60 * 1000

/** Wrong guesses that are forgiven, and what the settings say is kept for some days only. */
const prune = (env: OpenEnv) =>
  repeat(
    async (stop) => {
      const { events, history } = env.config.keep
      if (events !== undefined) await pruneEvents(env, events, stop)
      if (history !== undefined) await pruneHistory(env, history, stop)
      await pruneGuesses(env)
    },
    {
      pause_ms: PRUNE_EVERY_MS,
      failed: (error) => env.log.warn({ err: error }, 'could not remove what is kept long enough: trying again'),
    },
  )
