import { sweepBlobs } from './artifacts/sweep-blobs.ts'
import { pruneGuesses } from './auth/guesses/prune-guesses.ts'
import { pruneLinks } from './auth/links/prune-links.ts'
import { pruneLogoutTokens } from './auth/providers/prune-logout-tokens.ts'
import { ensureAdministrator } from './auth/tenants/ensure-administrator.ts'
import type { Config } from './config.ts'
import { settle } from './db/citus/settle.ts'
import { pruneInvalidations } from './db/invalidations/prune-invalidations.ts'
import { openPool } from './db/pool.ts'
import { thinSamples } from './db/samples/thin-samples.ts'
import { announceWaits } from './deployments/upkeep/announce-waits.ts'
import { noteQuiet } from './deployments/upkeep/note-quiet.ts'
import { pruneDownloadRates } from './deployments/upkeep/prune-download-rates.ts'
import { pruneHistory } from './deployments/upkeep/prune-history.ts'
import { readOldLogs } from './deployments/upkeep/read-old-logs.ts'
import { removeEndedPins } from './deployments/upkeep/remove-ended-pins.ts'
import { sampleDeployments } from './deployments/upkeep/sample-deployments.ts'
import { superviseRollouts } from './deployments/upkeep/supervise-rollouts.ts'
import { writeAborts } from './deployments/upkeep/write-aborts.ts'
import { pruneKeys } from './events/idempotency/prune-keys.ts'
import { pruneEvents } from './events/prune-events.ts'
import { sampleFleets } from './inventory/devices/sample-fleet.ts'
import { type Listener, type ListenOptions, listen } from './listen.ts'
import { type OpenEnv, openEnv } from './open-env.ts'
import { repeat } from './repeat.ts'
import { serveMetrics } from './serve-metrics.ts'
import { deliverWebhooks } from './webhooks/delivery/deliver-webhooks.ts'
import { pruneWebhooks } from './webhooks/prune-webhooks.ts'
import { listenByWorkers } from './workers.ts'

export type Server = AsyncDisposable & {
  url: string
  metrics_url: string | undefined
  env: OpenEnv
  /** The login of the administrator, if it has just been created with a generated password. */
  administrator: { email: string; password: string } | undefined
}

type Options = ListenOptions & { now?: () => Date; supervise_every_ms?: number; sample_every_ms?: number }

/** For background work, which has no time limit, and takes no connection from requests. */
export const BACKGROUND_POOL_SIZE = 4

/**
 * Starts a server, and resolves once it listens. Disposing it completes the requests in flight, then closes everything.
 */
export async function serve(
  config: Config,
  { now, supervise_every_ms = SUPERVISE_INTERVAL_MS, sample_every_ms = SAMPLE_INTERVAL_MS, ...options }: Options = {},
): Promise<Server> {
  // The primary process of several workers serves no requests.
  const listing = config.workers === 1
  const env = await openEnv(config, { exclusive: true, serving: true, listing, ...(now ? { now } : {}) })
  let listener: Listener | undefined
  try {
    listener = await (config.workers > 1 ? listenByWorkers(env) : listen(env, options))
    const { url, close } = listener
    const metrics = config.metrics && (await serveMetrics(env, config.metrics, listener))
    // Last, when nothing can fail any more: a generated password is shown only once.
    const administrator = await ensureAdministrator(env)
    const background = { ...env, db: openPool(env.database_url, BACKGROUND_POOL_SIZE) }
    const sweeping = sweepOnce(background)
    const writing = writeAbortsRegularly(background)
    const pruning = pruneRegularly(background)
    const forgetting = pruneInvalidationsRegularly(background)
    const settling = settleRegularly(background)
    const supervising = superviseRegularly(background, supervise_every_ms)
    const announcing = announceRegularly(background, supervise_every_ms)
    const sampling = sampleRegularly(background, sample_every_ms)
    const delivering = deliverRegularly(background)
    const stop = async () => {
      await metrics?.close()
      await close()
      await sweeping
      await writing.stop()
      await pruning.stop()
      await forgetting.stop()
      await settling.stop()
      await supervising.stop()
      await announcing.stop()
      await sampling.stop()
      await delivering.stop()
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

/** In the background. What cannot be deleted now is left to the next start. */
const sweepOnce = (env: OpenEnv) =>
  sweepBlobs(env).then(
    (swept) => swept > 0 && env.log.info({ swept }, 'deleted files of uploads that a stop cut off'),
    (error) => env.log.warn({ err: error }, 'could not look for files of uploads that a stop cut off'),
  )

const ABORTS_INTERVAL_MS = 1000

/** Writes back aborts, also those of other processes and of ones that were killed. */
const writeAbortsRegularly = (env: OpenEnv) =>
  repeat((stop) => writeAborts(env, stop), {
    pause_ms: ABORTS_INTERVAL_MS,
    failed: (error) => env.log.warn({ err: error }, 'could not write down what aborts ended: trying again'),
  })

/** A time-out is noticed within a minute, also if a round takes long or fails. */
const SUPERVISE_INTERVAL_MS = 10_000

const superviseRegularly = (env: OpenEnv, pause_ms: number) =>
  repeat((stop) => superviseRollouts(env, stop), {
    pause_ms,
    failed: (error) =>
      env.log.warn({ err: error }, 'could not look for devices that did not end in time: trying again'),
  })

const announceRegularly = (env: OpenEnv, pause_ms: number) =>
  repeat((stop) => announceWaits(env, stop), {
    pause_ms,
    failed: (error) => env.log.warn({ err: error }, 'could not look for phases and gates to announce: trying again'),
  })

const PRUNE_INTERVAL_MS = 10 * 60 * 1000

/** Removes failed guesses and idempotency keys that have expired, and what the configuration retains for some days only. */
const pruneRegularly = (env: OpenEnv) =>
  repeat(
    async (stop) => {
      const { events, history } = env.config.keep
      if (events !== undefined) await pruneEvents(env, events, stop)
      if (history !== undefined) await pruneHistory(env, history, stop)
      await pruneWebhooks(env, env.config.webhooks.keep_days, stop)
      await pruneGuesses(env)
      await pruneLinks(env)
      await pruneDownloadRates(env)
      await pruneLogoutTokens(env)
      await pruneKeys(env, stop)
      await readOldLogs(env, stop)
      await removeEndedPins(env, stop)
      await thinSamples(env.db, env.now(), env.config.keep.timeline)
    },
    {
      pause_ms: PRUNE_INTERVAL_MS,
      failed: (error) => env.log.warn({ err: error }, 'could not remove what is kept long enough: trying again'),
    },
  )

const SAMPLE_INTERVAL_MS = 10_000
/** One run in this many also records what changes rarely. */
const SAMPLES_OF_ALL = 6

/** Records what timelines show. */
function sampleRegularly(env: OpenEnv, pause_ms: number) {
  let runs = 0
  return repeat(
    async (stop) => {
      const active_only = runs++ % SAMPLES_OF_ALL !== 0
      await sampleDeployments(env, { active_only })
      if (active_only) return
      await sampleFleets(env, stop)
      await noteQuiet(env, stop)
    },
    {
      pause_ms,
      failed: (error) => env.log.warn({ err: error }, 'could not record numbers for timelines: trying again'),
    },
  )
}

const WEBHOOKS_INTERVAL_MS = 1000

const deliverRegularly = (env: OpenEnv) =>
  repeat((stop) => deliverWebhooks(env, stop), {
    pause_ms: WEBHOOKS_INTERVAL_MS,
    failed: (error) => env.log.warn({ err: error }, 'could not send events to integrations: trying again'),
  })

const INVALIDATIONS_INTERVAL_MS = 10_000

const pruneInvalidationsRegularly = (env: OpenEnv) =>
  repeat(() => pruneInvalidations(env.db), {
    pause_ms: INVALIDATIONS_INTERVAL_MS,
    failed: (error) => env.log.warn({ err: error }, 'could not remove invalidations that have been read: trying again'),
  })

const SETTLE_INTERVAL_MS = 1000

const settleRegularly = (env: OpenEnv) =>
  repeat(() => settle(env.db), {
    pause_ms: SETTLE_INTERVAL_MS,
    failed: (error) => env.log.warn({ err: error }, 'could not find out what machines have committed: trying again'),
  })
