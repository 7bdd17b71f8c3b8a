import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import type { Env } from './env.ts'
import { type Measured, measureProcess } from './measure.ts'

const DRAIN_MS = 3000

export type Listener = {
  url: string
  /** What the processes that answer here have counted. */
  measure(): Promise<Measured[]>
  /** Answers what is under way, and takes nothing new. */
  close(): Promise<void>
}

/** Answers requests, from now on until it is closed. */
export async function listen(env: Env): Promise<Listener> {
  const app = await buildApp(env)
  await app.listen({ host: env.config.host, port: env.config.port })
  return {
    url: urlOf(env.config, app.server.address() as AddressInfo),
    measure: async () => [await measureProcess()],
    close: async () => {
      // Long downloads resume elsewhere or later: they do not hold up the stop.
      const patience = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS)
      await app.close().finally(() => clearTimeout(patience))
    },
  }
}

function urlOf({ tls, host }: Config, { port }: AddressInfo): string {
  const shown = host.includes(':') ? `[${host}]` : host
  return `${tls ? 'https' : 'http'}://${shown}:${port}`
}
