import type { AddressInfo } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import type { Env } from './env.ts'
import { saveCheckIns } from './inventory/attributes/check-ins.ts'
import { type Measured, measureProcess } from './measure.ts'
import { repeat } from './repeat.ts'
import { renewCertificate } from './tls.ts'

const DRAIN_MS = 3000
/** A crash forgets when devices were last seen, for as long as this. */
const SAVE_EVERY_MS = 10_000

export type Listener = {
  url: string
  /** What the processes that answer here have counted. */
  measure(): Promise<Measured[]>
  /** Uses a renewed TLS certificate now. */
  renew(): void
  /** Answers what is under way, and takes nothing new. */
  close(): Promise<void>
}

export type ListenOptions = {
  /** How often check-ins are written down. */
  save_every_ms?: number
}

/** Answers requests, from now on until it is closed. */
export async function listen(env: Env, { save_every_ms = SAVE_EVERY_MS }: ListenOptions = {}): Promise<Listener> {
  const app = await buildApp(env)
  await app.listen({ host: env.config.host, port: env.config.port })
  const { tls } = env.config
  const renewing = tls && renewCertificate(app.server as unknown as TlsServer, tls, env.log)
  const failed = (error: unknown) =>
    env.log.warn({ err: error }, 'could not write down when devices were last seen: trying again')
  const saving = repeat(() => saveCheckIns(env), { pause_ms: save_every_ms, failed })
  return {
    url: urlOf(env.config, app.server.address() as AddressInfo),
    measure: async () => [await measureProcess()],
    renew: () => renewing?.look(),
    close: async () => {
      renewing?.stop()
      // Long downloads resume elsewhere or later: they do not hold up the stop.
      const patience = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS)
      await app.close().finally(() => clearTimeout(patience))
      await saving.stop()
      await saveCheckIns(env).catch(failed)
    },
  }
}

function urlOf({ tls, host }: Config, { port }: AddressInfo): string {
  const shown = host.includes(':') ? `[${host}]` : host
  return `${tls ? 'https' : 'http'}://${shown}:${port}`
}
