import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Env } from './env.ts'
import type { Listener } from './listen.ts'
import { databaseMetrics, METRICS_TYPE, readPrimaryMetrics, writeMetrics } from './measure.ts'

/** Serves metrics on a port of their own: they are not public, and readable while the public port is overloaded. */
export async function serveMetrics(
  env: Env,
  { host, port }: NonNullable<Env['config']['metrics']>,
  listener: Pick<Listener, 'metrics'>,
): Promise<Pick<Listener, 'url' | 'close'>> {
  const database = databaseMetrics(env)
  // Without workers, this process is one of the listener's.
  const primary = () => (env.config.workers > 1 ? [readPrimaryMetrics()] : [])
  const read = async () => writeMetrics([...(await listener.metrics()), ...primary(), await database()])
  const server = createServer((request, response) => {
    const respond = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type }).end(body)
    if (request.url !== '/metrics' || request.method !== 'GET')
      return respond(404, 'text/plain', 'GET /metrics is all there is.\n')
    read().then(
      (text) => respond(200, METRICS_TYPE, text),
      (error) => {
        env.log.error({ err: error }, 'could not read the metrics')
        respond(500, 'text/plain', 'The metrics cannot be read; the log says why.\n')
      },
    )
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { port: assigned } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${assigned}/metrics`,
    close: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
