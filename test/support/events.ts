import http from 'node:http'
import type { Api } from './api.ts'
import { uploadTestArtifact } from './artifact.ts'
import { inventoryTerm, saveFilter } from './deploy.ts'
import { enrol } from './device.ts'
import type { TestServer } from './server.ts'

export const EVENTS = '/api/management/v2/deployments/events'

// biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary members
type Event = { event: string; id?: string; data: any }

export type Listening = AsyncDisposable & {
  status: number
  headers: http.IncomingHttpHeaders
  /** All events so far, in order. */
  events: Event[]
  /** All comments so far. */
  comments: string[]
  /** The text of a response that is not a stream. */
  text: Promise<string>
  /** Whether the stream was ended by the server, not cut off. Fulfilled at its end. */
  ended: Promise<boolean>
  /** The newest state of a deployment. */
  state(id: string): Event['data']
  /** The event ID to resume from. */
  last_id(): string | undefined
  /** Waits until `what` returns a truthy value for the events so far. */
  until<Result>(what: () => Result | undefined | false, ms?: number): Promise<Result>
  /** Stops and resumes reading from the socket. */
  pause(): void
  resume(): void
}

/** A client of the event stream on a separate connection. Resolves with the response headers. */
export function listen(
  { url, token }: Pick<Api, 'url' | 'token'>,
  { last_id, cookie = false }: { last_id?: string | undefined; cookie?: boolean } = {},
): Promise<Listening> {
  const headers = {
    ...(cookie ? { cookie: `JWT=${token}` } : { authorization: `Bearer ${token}` }),
    ...(last_id === undefined ? {} : { 'last-event-id': last_id }),
  }
  return new Promise((resolve, reject) => {
    const request = http.get(url + EVENTS, { agent: false, headers })
    request.on('error', reject)
    request.on('response', (response) => resolve(read(request, response)))
  })
}

function read(request: http.ClientRequest, response: http.IncomingMessage): Listening {
  const events: Event[] = []
  const comments: string[] = []
  let rest = ''
  let all = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    all += response.statusCode === 200 ? '' : chunk
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      if (block.startsWith(':')) comments.push(block)
      else if (block.includes('data: ')) events.push(parse(block))
    }
  })
  response.on('error', () => {})
  const ended = new Promise<boolean>((resolve) => response.once('close', () => resolve(response.complete)))
  return {
    ...{ status: response.statusCode ?? 0, headers: response.headers, events, comments, ended },
    text: ended.then(() => all),
    state: (id) => events.findLast((one) => one.event === 'deployment' && one.data.id === id)?.data,
    last_id: () => events.findLast(({ id }) => id !== undefined)?.id,
    until: async (what, ms = 60_000) => {
      for (const deadline = Date.now() + ms; Date.now() < deadline; ) {
        const found = what()
        if (found) return found
        await new Promise((wake) => setTimeout(wake, 10))
      }
      throw new Error(`timed out; the last events are ${JSON.stringify(events.slice(-5))}`)
    },
    pause: () => response.pause(),
    resume: () => response.resume(),
    [Symbol.asyncDispose]: async () => {
      request.destroy()
      await ended
    },
  }
}

function parse(block: string): Event {
  const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)))
  return { ...fields, data: JSON.parse(fields.data) }
}

/** Waits for a `sync` after the first `after` events. */
export const synced = ({ events, until }: Listening, after = 0) =>
  until(() => events.slice(after).some(({ event }) => event === 'sync'))

/** The distinct IDs of all deployments in the events. */
export const deploymentIds = ({ events }: Listening): string[] => [
  ...new Set(events.filter(({ event }) => event === 'deployment').map(({ data }) => data.id as string)),
]

/** A new tenant with a release, and devices that the filter matches. */
export async function fleetOf(server: TestServer, n: number) {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  return { tenant, filter_id, devices: await enrol(server, tenant, n, { foo: 'foo' }) }
}
