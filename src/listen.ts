import type { AddressInfo } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import type { Env } from './env.ts'
import { saveCheckIns } from './inventory/attributes/check-ins.ts'
import { type ProcessMetrics, readProcessMetrics } from './measure.ts'
import { repeat } from './repeat.ts'
import { renewCertificate } from './tls.ts'

const DRAIN_MS = 3000
/** A crash loses the check-ins of devices since the last save. */
const SAVE_INTERVAL_MS = 10_000

export type Listener = {
  url: string
  /** The metrics of the processes that serve requests. */
  metrics(): Promise<ProcessMetrics[]>
  /** Uses a renewed TLS certificate now. */
  renew(): void
  /** Completes the requests in flight, and accepts no more. */
  close(): Promise<void>
}

export type ListenOptions = {
  /** How often check-ins are saved. */
  save_every_ms?: number
}

/** Serves requests until it is closed. */
export async function listen(env: Env, { save_every_ms = SAVE_INTERVAL_MS }: ListenOptions = {}): Promise<Listener> {
  const app = await buildApp(env)
  await app.listen({ host: env.config.host, port: env.config.port })
  const { tls } = env.config
  const renewing = tls && renewCertificate(app.server as unknown as TlsServer, tls, env.log)
  const failed = (error: unknown) =>
    env.log.warn({ err: error }, 'could not write down when devices were last seen: trying again')
  const saving = repeat(() => saveCheckIns(env), { pause_ms: save_every_ms, failed })
  return {
    url: urlOf(env.config, app.server.address() as AddressInfo),
    metrics: async () => [await readProcessMetrics()],
    renew: () => renewing?.check(),
    close: async () => {
      renewing?.stop()
      // A client resumes a long download: it does not delay the stop.
      const timeout = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS)
      await app.close().finally(() => clearTimeout(timeout))
      await saving.stop()
      await saveCheckIns(env).catch(failed)
    },
  }
}

function urlOf({ tls, host }: Config, { port }: AddressInfo): string {
  const shown = host.includes(':') ? `[${host}]` : host
  return `${tls ? 'https' : 'http'}://${shown}:${port}`
}
