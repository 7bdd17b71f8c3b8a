import type { IncomingMessage } from 'node:http'
import type { Env } from '../../env.ts'
import { CLIENT_GONE } from '../../errors.ts'
import { digestOf } from '../../inventory/attributes/known-reports.ts'
import { whenStillReported } from '../../inventory/attributes/still-reported.ts'
import { counter } from '../../metrics/metric.ts'
import { deviceOfToken } from '../authenticate.ts'
import { requestId } from '../http.ts'
import { tallyOf } from '../traffic/count-requests.ts'
import type { FastPath } from '../traffic/fast-path.ts'
import { openFastPathScope } from '../traffic/fast-path-scope.ts'
import { bodyThatArrived, isClientGone, type RawRequest } from '../traffic/raw-request.ts'

const ATTRIBUTES = '/api/devices/v1/inventory/device/attributes'
/** A longer report is left to the route. */
const MAX_LENGTH = 32 * 1024

const unchanged_reports = counter({
  name: 'muster_unchanged_reports_total',
  help: 'Inventory reports answered before any route, because they were the same as before',
})()

/**
 * Answers a report of attributes without Fastify if this process has written the very same one before, and nobody has
 * changed the device since: what devices send each time that they start. Every other request is left to the route.
 */
export function inventoryFastPath(env: Env): FastPath {
  const routes = openFastPathScope(env)
  const tallies = { PUT: tallyOf(ATTRIBUTES, 'PUT'), PATCH: tallyOf(ATTRIBUTES, 'PATCH') }

  const answer = ({ request, response, handle }: RawRequest, method: keyof typeof tallies) => {
    const text = bodyThatArrived(request, MAX_LENGTH)
    const device = text && deviceOfToken(env, request)
    if (!device) return handle(request, response)
    const leaveToRoute = (failure?: Error) => routes.leave({ request, response, handle }, device, failure)
    const started_ms = performance.now()
    const resolve = (isReported: boolean) => {
      if (!isReported) return leaveToRoute()
      const ms = performance.now() - started_ms
      if (isClientGone({ request, response })) return tallies[method](CLIENT_GONE, ms)
      response.writeHead(200, ['x-men-requestid', requestId(request), 'content-length', '0']).end()
      unchanged_reports.value++
      tallies[method](200, ms)
    }
    const digest = digestOf({ replace: method === 'PUT', text })
    whenStillReported(env, { device, digest }, { resolve, reject: leaveToRoute })
  }
  return {
    include: routes.include,
    wrap: (handle) => (request, response) => {
      const { method } = request
      if (!routes.isEnabled || (method !== 'PUT' && method !== 'PATCH') || !isPlain(request))
        return handle(request, response)
      process.nextTick(() => answer({ request, response, handle }, method))
    },
  }
}

const isPlain = ({ url, headers }: IncomingMessage): boolean =>
  url === ATTRIBUTES && headers['content-type'] === 'application/json' && headers['content-encoding'] === undefined
