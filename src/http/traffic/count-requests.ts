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

/** Each route has cells of its own, found once: the poll is asked thousands of times a second. */
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

export type Tally = (status: number, ms: number) => void

/** The cells come to be with the first request, so that routes nobody asks for take no room. */
export function tallyOf(route: string, method: string): Tally {
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
