import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import { sweepBlobs } from './artifacts/sweep-blobs.ts'
import { ensureAdministrator } from './auth/ensure-administrator.ts'
import type { Config } from './config.ts'
import { saveCheckIns } from './inventory/check-ins.ts'
import { type OpenEnv, openEnv } from './open-env.ts'

const DRAIN_MS = 3000
/** A crash forgets when devices were last seen, for as long as this. */
const SAVE_EVERY_MS = 60_000

export type Server = AsyncDisposable & {
  url: string
  env: OpenEnv
  /** The administrator's login, if it was made just now with a password of ours. */
  administrator: { email: string; password: string } | undefined
}

type Options = {
  now?: () => Date
  /** How often check-ins are written down. */
  save_every_ms?: number
}

/** Starts a server and answers once it listens; disposing it answers what is under way, then closes everything. */
export async function serve(
  config: Config,
  { save_every_ms = SAVE_EVERY_MS, ...options }: Options = {},
): Promise<Server> {
  const env = await openEnv(config, { exclusive: true, ...options })
  try {
    const app = await buildApp(env)
    await app.listen({ host: config.host, port: config.port })
    // Only once nothing can fail any more: a password made up is shown once.
    const administrator = await ensureAdministrator(env)
    const sweeping = sweep(env)
    const saving = setInterval(() => save(env), save_every_ms)
    const close = async () => {
      // Long downloads resume elsewhere or later: they do not hold up the stop.
      const patience = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS)
      await app.close().finally(() => clearTimeout(patience))
      clearInterval(saving)
      await sweeping
      await save(env)
      await env[Symbol.asyncDispose]()
    }
    return { url: urlOf(config, app.server.address() as AddressInfo), env, administrator, [Symbol.asyncDispose]: close }
  } catch (error) {
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

const save = (env: OpenEnv) =>
  saveCheckIns(env).catch((error) => env.log.warn({ err: error }, 'could not write down when devices were last seen'))

function urlOf({ tls, host }: Config, { port }: AddressInfo): string {
  const shown = host.includes(':') ? `[${host}]` : host
  return `${tls ? 'https' : 'http'}://${shown}:${port}`
}
