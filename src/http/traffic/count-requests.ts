import type { FastifyInstance, FastifyRequest } from 'fastify'
import { counter, histogram } from '../../metrics/metric.ts'
import type { RequestOutcome } from './request-outcome.ts'

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

/** Looks up the metrics of each route once: polls arrive thousands of times a second. */
export function countRequests(http: FastifyInstance) {
  const routes = new Map<string, Map<string, Tally>>()
  http.addHook('onRoute', ({ url, method }) => {
    const tallies = routes.get(url) ?? new Map()
    routes.set(url, tallies)
    for (const one of [method].flat()) tallies.set(one, tallyOf(url, one))
  })
  const unknown = tallyOf(UNKNOWN, UNKNOWN)
  return ({ method, routeOptions }: FastifyRequest, { status, ms }: RequestOutcome) => {
    const tally = routes.get(routeOptions.url ?? '')?.get(method) ?? unknown
    tally(status, ms)
  }
}

/** Counts a request of one route. */
export type Tally = (status: number, ms: number) => void

/** The metrics are created at the first request, so that unused routes need no memory for them. */
export function tallyOf(route: string, method: string): Tally {
  const by_class: { value: number }[] = []
  let duration: ReturnType<typeof durations> | undefined
  return (status: number, ms: number) => {
    const hundreds = Math.trunc(status / 100)
    by_class[hundreds] ??= requests(route, method, `${hundreds}xx`)
    by_class[hundreds].value++
    duration ??= durations(route, method)
    duration.add(ms / 1000)
  }
}
