import type { FastifyInstance } from 'fastify'
import { counter, histogram } from '../metrics/metric.ts'

const requests = counter({
  name: 'muster_http_requests_total',
  help: 'Requests answered, by route and class of status',
  labels: ['route', 'method', 'status'],
})

const durations = histogram({
  name: 'muster_http_request_duration_seconds',
  help: 'From the arrival of the headers to the end of the answer',
  labels: ['route', 'method'],
  bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
})

const UNKNOWN = 'none'

/** Each route counts for itself, in cells found once: the poll is asked thousands of times a second. */
export function countRequests(http: FastifyInstance) {
  http.addHook('onRoute', (route) => {
    const tallies = new Map([route.method].flat().map((method) => [method, tallyOf(route.url, method)]))
    route.onResponse = [
      ...[route.onResponse ?? []].flat(),
      (request, reply, done) => {
        tallies.get(request.method)?.(reply.statusCode, reply.elapsedTime)
        done()
      },
    ]
  })
  const unknown = tallyOf(UNKNOWN, UNKNOWN)
  http.addHook('onResponse', (request, reply, done) => {
    if (request.is404) unknown(reply.statusCode, reply.elapsedTime)
    done()
  })
}

/** The cells come to be with the first request, so that routes nobody asks for take no room. */
export function tallyOf(route: string, method: string) {
  const byClass: { value: number }[] = []
  let spread: ReturnType<typeof durations> | undefined
  return (status: number, ms: number) => {
    const hundreds = Math.trunc(status / 100)
    byClass[hundreds] ??= requests(route, method, `${hundreds}xx`)
    byClass[hundreds].value++
    spread ??= durations(route, method)
    spread.add(ms / 1000)
  }
}
