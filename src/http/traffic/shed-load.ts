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
 * How many requests of devices may be at work, in one process, when another of this rank comes. A poll refused today asks
 * again; a report tells what was done.
 */
export const MAX_IN_FLIGHT = { polls: 1000, devices: 6000, reports: 8000 } as const
export type Priority = keyof typeof MAX_IN_FLIGHT
type Early = 'polls' | 'devices'

/** So many more of a rank wait in front, which costs next to nothing, while a refusal costs a third of an answer. */
export const MAX_QUEUED = 16_000
/** Who waits asks nothing else meanwhile: so long is the shortest pause between the refusals of one who heeds none. */
const PATIENCE_MS = 5000
const LOOKED_AT_EVERY_MS = 50

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

export type Shedding = {
  /** Makes a scope of routes take part. */
  join(scope: FastifyInstance, rank: Priority): void
  /** Stands before Fastify, whose part in an answer a refusal and waiting are spared. */
  before(handle: RequestListener): RequestListener
}

type Gate = { priority: Early; refuse(asked: RawRequest): void; noteGone(): void }
type Waiting = RawRequest & Gate

/** Lets in as many requests of devices as can be worked at, lets others wait, and refuses with 429 what would wait too long. */
export function shedLoad(): Shedding {
  const gates = new Map<string, Gate>()
  const hints = retryLater()
  const queue = openAdmissionQueue(hints.noteAnswer)

  const gateOf = (rank: Early, route: string, method: string): Gate => {
    const refused = refusals(rank)
    const tally = tallyOf(route, method)
    return {
      priority: rank,
      noteGone: () => tally(CLIENT_GONE, 0),
      refuse({ request, response }) {
        refused.value++
        tally(OVERLOADED.status, 0)
        refuseUnrouted(request, response, { refusal: OVERLOADED, retry_after_s: hints.retryAfter() })
      },
    }
  }
  return {
    join(scope, rank) {
      if (rank === 'reports') return refuseByHook(scope, { ...queue, ...hints })
      scope.addHook('onRoute', ({ url, method }) => {
        if (url.includes(':')) throw new Error(`${url} stands for many paths, and only a router could tell them`)
        for (const one of [method].flat()) gates.set(`${one} ${url}`, gateOf(rank, url, one))
      })
    },
    before(handle) {
      return (request, response) => {
        const gate = gates.get(`${request.method} ${pathOf(request.url ?? '')}`)
        if (gate) queue.come({ request, response, handle }, gate)
        else handle(request, response)
      }
    },
  }
}

const pathOf = (url: string): string => {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

/** Those at work, and in front of them those who wait. */
function openAdmissionQueue(noteAnswer: () => void) {
  const queues = { devices: new TimedQueue<Waiting>(PATIENCE_MS), polls: new TimedQueue<Waiting>(PATIENCE_MS) }
  let started = 0
  let watching: NodeJS.Timeout | undefined

  const isFull = (rank: Priority) => started >= MAX_IN_FLIGHT[rank]
  const track = (asked: Omit<RawRequest, 'handle'>) => {
    started++
    in_flight++
    onFinished(asked, finish)
  }
  const start = (asked: RawRequest) => {
    track(asked)
    asked.handle(asked.request, asked.response)
  }
  const finish = () => {
    started--
    in_flight--
    noteAnswer()
    startQueued('devices')
    startQueued('polls')
  }
  const startQueued = (rank: Early) => {
    while (!isFull(rank)) {
      const next = queues[rank].next()
      if (!next) return
      in_flight--
      if (isClientGone(next)) next.noteGone()
      else start(next)
    }
  }
  const refuseLate = () => {
    const now = performance.now()
    for (const line of Object.values(queues))
      for (let late = line.nextExpired(now); late; late = line.nextExpired(now)) {
        in_flight--
        if (isClientGone(late)) late.noteGone()
        else late.refuse(late)
      }
    if (queues.devices.length + queues.polls.length > 0) return
    clearInterval(watching)
    watching = undefined
  }
  const admit = (asked: RawRequest, gate: Gate) => {
    const line = queues[gate.priority]
    if (line.length === 0 && !isFull(gate.priority)) return start(asked)
    if (line.length >= MAX_QUEUED) return gate.refuse(asked)
    in_flight++
    line.push({ ...asked, ...gate }, performance.now())
    watching ??= setInterval(refuseLate, LOOKED_AT_EVERY_MS).unref()
  }
  return { isFull, note: track, come: admit }
}

type Judge = Pick<ReturnType<typeof openAdmissionQueue>, 'isFull' | 'note'> & { retryAfter(): number }

/** They find no line: they are few, and refused only by what devices have at work. */
function refuseByHook(scope: FastifyInstance, { isFull, note, retryAfter }: Judge) {
  const refused = refusals('reports')
  scope.addHook('onRequest', (request, reply, done) => {
    if (isFull('reports')) {
      refused.value++
      return sendRefusal(request, reply.header('retry-after', String(retryAfter())), OVERLOADED)
    }
    note({ request: request.raw, response: reply.raw })
    done()
  })
}
