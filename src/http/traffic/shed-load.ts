import type { RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { CLIENT_GONE, overloaded } from '../../errors.ts'
import { counter, gauge } from '../../metrics/metric.ts'
import { sendRefusal } from '../error-handler.ts'
import { tallyOf } from './count-requests.ts'
import { isClientGone, onFinished, type RawRequest } from './raw-request.ts'
import { refuseUnrouted } from './refuse-early.ts'
import { retryLater } from './retry-later.ts'
import { TimedQueue } from './timed-queue.ts'

/**
 * How many requests of devices may be in flight, in one process, when another of this priority arrives. A refused poll
 * only comes later; a report says what has been done.
 */
export const MAX_IN_FLIGHT = { polls: 1000, devices: 6000, reports: 8000 } as const
export type Priority = keyof typeof MAX_IN_FLIGHT
type QueuedPriority = 'polls' | 'devices'

/** Per priority. A request in the queue costs next to nothing, a refusal a third of an answer. */
export const MAX_QUEUED = 16_000
/**
 * A device sends nothing else while it waits: also the shortest pause between refusals for one that ignores
 * `Retry-After`.
 */
const MAX_WAIT_MS = 5000
const EXPIRY_CHECK_INTERVAL_MS = 50

const OVERLOADED = overloaded()

export const refusals = counter({
  name: 'muster_requests_shed_total',
  help: 'Requests refused with 429 because there was too much to do',
  labels: ['rank'],
})
let in_flight = 0
gauge({ name: 'muster_device_requests_in_flight', help: 'Requests of devices that wait for their answers' }, () => [
  { labels: {}, value: in_flight },
])

export type LoadShedding = {
  /** Includes a scope of routes. `paths`: those of its one route, if its URL has parameters. */
  include(scope: FastifyInstance, priority: Priority, paths?: RegExp): void
  /** Wraps the request listener of Fastify, so that neither waiting nor a refusal costs its part of a request. */
  wrap(handle: RequestListener): RequestListener
}

/** What the queue does for the requests of one route. */
type QueuedRoute = { priority: QueuedPriority; refuse(raw: RawRequest): void; noteGone(): void }
type QueuedRequest = RawRequest & QueuedRoute

/**
 * Starts as many requests of devices as can be served, queues others, and refuses with 429 those that would wait too
 * long.
 */
export function shedLoad(): LoadShedding {
  /** By method and path: one text of both would have to be made for each request. */
  const queued_routes = new Map<string, Map<string, QueuedRoute>>()
  const queued_patterns: { method: string; paths: RegExp; route: QueuedRoute }[] = []
  const retries = retryLater()
  const queue = openAdmissionQueue(retries.noteAnswer)

  const queuedRoute = (priority: QueuedPriority, url: string, method: string): QueuedRoute => {
    const refused = refusals(priority)
    const tally = tallyOf(url, method)
    return {
      priority,
      noteGone: () => tally(CLIENT_GONE, 0),
      refuse({ request, response }) {
        refused.value++
        tally(OVERLOADED.status, 0)
        refuseUnrouted(request, response, { refusal: OVERLOADED, retry_after_s: retries.retryAfter() })
      },
    }
  }
  return {
    include(scope, priority, paths) {
      if (priority === 'reports') return refuseByHook(scope, { ...queue, ...retries })
      scope.addHook('onRoute', ({ url, method }) => {
        if (url.includes(':') && !paths)
          throw new Error(`${url} stands for many paths, and only a router could recognize them`)
        for (const one of [method].flat()) {
          const route = queuedRoute(priority, url, one)
          if (paths) queued_patterns.push({ method: one, paths, route })
          else queued_routes.set(one, (queued_routes.get(one) ?? new Map<string, QueuedRoute>()).set(url, route))
        }
      })
    },
    wrap: (handle) => (request, response) => {
      const { url = '', method = '' } = request
      const path = pathOf(url)
      const route =
        queued_routes.get(method)?.get(path) ??
        queued_patterns.find((pattern) => pattern.method === method && pattern.paths.test(path))?.route
      if (route) queue.admit({ request, response, handle }, route)
      else handle(request, response)
    },
  }
}

const pathOf = (url: string): string => {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

/** Tracks the requests in flight, and holds those that cannot start yet. */
function openAdmissionQueue(noteAnswer: () => void) {
  const queues = {
    devices: new TimedQueue<QueuedRequest>(MAX_WAIT_MS),
    polls: new TimedQueue<QueuedRequest>(MAX_WAIT_MS),
  }
  let started = 0
  let expiry_check: NodeJS.Timeout | undefined

  const isFull = (priority: Priority) => started >= MAX_IN_FLIGHT[priority]
  const track = (raw: Omit<RawRequest, 'handle'>) => {
    started++
    in_flight++
    onFinished(raw, finish)
  }
  const start = (raw: RawRequest) => {
    track(raw)
    raw.handle(raw.request, raw.response)
  }
  const finish = () => {
    started--
    in_flight--
    noteAnswer()
    startQueued('devices')
    startQueued('polls')
  }
  const startQueued = (priority: QueuedPriority) => {
    while (!isFull(priority)) {
      const next = queues[priority].next()
      if (!next) return
      in_flight--
      if (isClientGone(next)) next.noteGone()
      else start(next)
    }
  }
  const refuseExpired = () => {
    const now_ms = performance.now()
    for (const queue of Object.values(queues))
      for (let expired = queue.nextExpired(now_ms); expired; expired = queue.nextExpired(now_ms)) {
        in_flight--
        if (isClientGone(expired)) expired.noteGone()
        else expired.refuse(expired)
      }
    if (queues.devices.length + queues.polls.length > 0) return
    clearInterval(expiry_check)
    expiry_check = undefined
  }
  const admit = (raw: RawRequest, route: QueuedRoute) => {
    const queue = queues[route.priority]
    if (queue.length === 0 && !isFull(route.priority)) return start(raw)
    if (queue.length >= MAX_QUEUED) return route.refuse(raw)
    in_flight++
    queue.push({ ...raw, ...route }, performance.now())
    expiry_check ??= setInterval(refuseExpired, EXPIRY_CHECK_INTERVAL_MS).unref()
  }
  return { isFull, track, admit }
}

type Tracking = Pick<ReturnType<typeof openAdmissionQueue>, 'isFull' | 'track'> & { retryAfter(): number }

/** Reports are not queued: they are few, and refused only if too many requests of devices are in flight. */
function refuseByHook(scope: FastifyInstance, { isFull, track, retryAfter }: Tracking) {
  const refused = refusals('reports')
  scope.addHook('onRequest', (request, reply, done) => {
    if (isFull('reports')) {
      refused.value++
      return sendRefusal(request, reply.header('retry-after', String(retryAfter())), OVERLOADED)
    }
    track({ request: request.raw, response: reply.raw })
    done()
  })
}
