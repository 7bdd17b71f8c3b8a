import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Env } from './env.ts'
import type { Listener } from './listen.ts'
import { deploymentMeter, METRICS_TYPE, writeMetrics } from './measure.ts'

/** Prometheus has a port of its own: what the world reaches does not tell it, and it answers when that is overloaded. */
export async function serveMetrics(
  env: Env,
  { host, port }: NonNullable<Env['config']['metrics']>,
  listener: Pick<Listener, 'measure'>,
): Promise<Pick<Listener, 'url' | 'close'>> {
  const deployments = deploymentMeter(env.db)
  const read = async () => writeMetrics([...(await listener.measure()), await deployments()])
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type }).end(body)
    if (request.url !== '/metrics' || request.method !== 'GET')
      return answer(404, 'text/plain', 'GET /metrics is all there is.\n')
    read().then(
      (text) => answer(200, METRICS_TYPE, text),
      (error) => {
        env.log.error({ err: error }, 'could not read the metrics')
        answer(500, 'text/plain', 'The metrics cannot be read; the log says why.\n')
      },
    )
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/metrics`,
    close: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
