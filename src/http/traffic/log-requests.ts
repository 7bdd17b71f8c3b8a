import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Env } from '../../env.ts'
import type { RequestOutcome } from './request-outcome.ts'

/**
 * Logs one line for a request: ids, route and outcome, never a header or a query, which may hold tokens and signatures.
 */
export function logRequests(http: FastifyInstance) {
  // A logger for each request would cost more than the response: the few lines that are written include the ids
  // instead.
  http.setChildLoggerFactory((log) => log)
  const isDebugging = logsRoutine(http.log)
  return (request: FastifyRequest, { status, wasCutOff, ms }: RequestOutcome) => {
    const isFailure = status >= 500 && !(status === 503 && isRoutine(request))
    const level = isFailure ? 'error' : isRoutine(request) ? 'debug' : 'info'
    if (level === 'debug' && !isDebugging) return
    const { method, routeOptions } = request
    const outcome = { method, route: routeOptions.url ?? 'none', status, ...(wasCutOff && { cut_off: true }) }
    request.log[level]({ ...aboutRequest(request), ...outcome, ms: Math.round(ms) }, 'request')
  }
}

/** Whether routine requests of devices are logged, too. */
export const logsRoutine = ({ level }: Pick<Env['log'], 'level'>): boolean => level === 'debug' || level === 'trace'

/** The ids of a request and of its caller. */
export const aboutRequest = ({ id, viewer }: FastifyRequest): Record<string, string> => ({
  request_id: id,
  ...(viewer?.tenant_id && { tenant_id: viewer.tenant_id }),
  ...(viewer?.user_id && { user_id: viewer.user_id }),
  ...(viewer?.device_id && { device_id: viewer.device_id }),
})

/** Whether a URL is one of devices that speak DDI. */
export const isDdi = (url: string): boolean => url.includes('/controller/v1/')

// The requests of a fleet, all day long: a line for each would cost more than the response.
const isRoutine = ({ method, url }: FastifyRequest): boolean =>
  url.startsWith('/api/devices/') || isDdi(url) || url === '/health' || url === '/ready' || method === 'OPTIONS'
