import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { expect } from 'vitest'
import type { Api } from './api.ts'

export const INTEGRATIONS = '/api/management/v1/iot-manager/integrations'

export type Delivery = {
  path: string
  headers: IncomingHttpHeaders
  /** As it was sent. */
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary members
  event: any
}

/** How a request is responded to; never: it is left open. */
type Response = { status: number; headers?: Record<string, string>; body?: string } | 'never'

/** The target of webhooks, which keeps what it is sent. */
type Receiver = AsyncDisposable & {
  url: string
  deliveries: Delivery[]
  /** Waits until this many deliveries, or those that are found, are there. */
  until(are_there: (deliveries: Delivery[]) => boolean): Promise<void>
  types(): string[]
}

type Respond = (delivery: Delivery) => Response | Promise<Response>

export async function startReceiver(respond: Respond = () => ({ status: 200 })) {
  const deliveries: Delivery[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const delivery = { path: request.url ?? '', headers: request.headers, text, event: JSON.parse(text) }
    deliveries.push(delivery)
    server.emit('delivered')
    const answer = await respond(delivery)
    if (answer !== 'never') response.writeHead(answer.status, answer.headers).end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    deliveries,
    until: async (are_there) => {
      while (!are_there(deliveries)) await once(server, 'delivered')
    },
    types: () => deliveries.map(({ event }) => event.type),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}

/** Sends the events of a tenant to a URL from now on. Returns the id of the integration. */
export async function integrate(api: Api, url: string, secret?: string): Promise<string> {
  const credentials = { type: 'http', http: { url, ...(secret === undefined ? {} : { secret }) } }
  const { status, headers } = await api.post(INTEGRATIONS, { provider: 'webhook', credentials })
  expect(status).toBe(201)
  return headers.get('location')?.split('/').at(-1) ?? ''
}
