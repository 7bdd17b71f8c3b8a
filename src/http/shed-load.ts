import type { FastifyInstance } from 'fastify'
import { tooMany } from '../errors.ts'
import { counter, gauge } from '../metrics/metric.ts'
import { sendRefusal } from './error-handler.ts'

/**
 * How many requests of devices may wait for their answers, in one process, when another of this rank comes. A poll refused
 * today asks again; a report tells what was done.
 */
const ROOM = { polls: 4000, devices: 6000, all: 8000 } as const
export type Rank = keyof typeof ROOM

/** Refusing goes on until this part of the room is left empty. */
const FREE_AGAIN = 0.1

const SHORTEST_RETRY_S = 30
const LONGEST_RETRY_S = 3600
/** So long without a refusal, and it is over. */
const OVER_AFTER_MS = 60_000

const OVERLOADED = tooMany('The server has too much to do just now: try again later.')

const refusals = counter({
  name: 'muster_requests_shed_total',
  help: 'Requests refused with 429 because there was too much to do',
  labels: ['rank'],
})
let waiting = 0
gauge({ name: 'muster_device_requests_in_flight', help: 'Requests of devices that wait for their answers' }, () => [
  { labels: {}, value: waiting },
])

/**
 * Refuses with 429, before anything else is done, what would have to wait too long. A refusal costs half of a poll: what comes
 * is refused only while the server has all the work it can do already. Answers what makes a scope of routes take part.
 */
export function shedLoad(): (scope: FastifyInstance, rank: Rank) => void {
  const retryAfter = retryLater()
  return (scope, rank) => {
    const isFull = watchRoom(ROOM[rank])
    const refused = refusals(rank)
    scope.addHook('onRequest', (request, reply, done) => {
      if (rank !== 'all') {
        waiting++
        // Also where the client has gone: onResponse is not called then.
        reply.raw.once('close', leave)
      }
      if (!isFull()) return done()
      refused.value++
      sendRefusal(request, reply.header('retry-after', retryAfter()), OVERLOADED)
    })
  }
}

const leave = () => {
  waiting--
}

function watchRoom(room: number): () => boolean {
  let isFull = false
  return () => {
    isFull = waiting > (isFull ? room * (1 - FREE_AGAIN) : room)
    return isFull
  }
}

/**
 * The longer there is too much, the later those refused are to come back: a fleet that came back after half a minute each
 * time would ask many times as often as one that is answered. Spread over as long again.
 */
function retryLater() {
  let since = 0
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const now = performance.now()
    if (now - last > OVER_AFTER_MS) since = now
    last = now
    const wait_s = Math.min(Math.max((now - since) / 1000, SHORTEST_RETRY_S), LONGEST_RETRY_S)
    return Math.ceil(wait_s * (1 + Math.random()))
  }
}
