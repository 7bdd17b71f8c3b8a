import type { AddressInfo } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import { catchUp } from './db/invalidations/catch-up.ts'
import type { Env } from './env.ts'
import { fitKeepAlive } from './http/traffic/keep-alive.ts'
import { SAVE_INTERVAL_MS, saveCheckIns } from './inventory/attributes/check-ins.ts'
import { type ProcessMetrics, readProcessMetrics } from './measure.ts'
import { repeat } from './repeat.ts'
import { renewCertificate, shareTicketKey } from './tls.ts'

const DRAIN_MS = 3000
/**
 * A fleet that comes back after an outage connects faster than connections are accepted. The kernel lowers it to
 * `net.core.somaxconn`, 4096 by default.
 */
const BACKLOG = 4096
const KEY_CHECK_INTERVAL_MS = 60_000

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
  /** How often a process looks whether there is another key of TLS session tickets. */
  check_ticket_key_every_ms?: number
}

/** Serves requests until it is closed. */
export async function listen(env: Env, options: ListenOptions = {}): Promise<Listener> {
  const { save_every_ms = SAVE_INTERVAL_MS, check_ticket_key_every_ms = KEY_CHECK_INTERVAL_MS } = options
  // What polls find out before the first read would not be current: the device would be compared once more.
  await new Promise<void>((done) => catchUp(env, () => done()))
  const app = await buildApp(env)
  const { tls, host, port } = env.config
  const server = app.server as unknown as TlsServer
  await app.listen({ host, port, backlog: BACKLOG })
  const keepAlive = fitKeepAlive(app.server)
  const sharing = tls && (await shareTicketKey(server, env, check_ticket_key_every_ms))
  const renewing = tls && renewCertificate(server, tls, env.log)
  const failed = (error: unknown) =>
    env.log.warn({ err: error }, 'could not write down when devices were last seen: trying again')
  const saving = repeat(() => saveCheckIns(env), { pause_ms: save_every_ms, failed })
  return {
    url: urlOf(env.config, app.server.address() as AddressInfo),
    metrics: async () => [await readProcessMetrics()],
    renew: () => renewing?.check(),
    close: async () => {
      renewing?.stop()
      keepAlive.stop()
      // A client resumes a long download: it does not delay the stop.
      const timeout = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS)
      await app.close().finally(() => clearTimeout(timeout))
      await sharing?.stop()
      await saving.stop()
      await saveCheckIns(env).catch(failed)
    },
  }
}

function urlOf({ tls, host }: Config, { port }: AddressInfo): string {
  const shown = host.includes(':') ? `[${host}]` : host
  return `${tls ? 'https' : 'http'}://${shown}:${port}`
}
