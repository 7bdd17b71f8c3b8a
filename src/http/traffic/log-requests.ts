import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Env } from '../../env.ts'
import type { RequestOutcome } from './request-outcome.ts'

/** One line a request: ids, route and outcome, never a header or a query, which may hold tokens and signatures. */
export function logRequests(http: FastifyInstance) {
  // A logger of its own for every request costs more than the answer: the few lines that are written say whose they are.
  http.setChildLoggerFactory((log) => log)
  const isDebugging = logsRoutine(http.log)
  return (request: FastifyRequest, { status, wasCutOff, ms }: RequestOutcome) => {
    const isTrouble = status >= 500 && !(status === 503 && isRoutine(request))
    const level = isTrouble ? 'error' : isRoutine(request) ? 'debug' : 'info'
    if (level === 'debug' && !isDebugging) return
    const { method, routeOptions } = request
    const outcome = { method, route: routeOptions.url ?? 'none', status, ...(wasCutOff && { cut_off: true }) }
    request.log[level]({ ...aboutRequest(request), ...outcome, ms: Math.round(ms) }, 'request')
  }
}

/** Whether there is a line for each request, also for those that a fleet makes all day. */
export const logsRoutine = ({ level }: Pick<Env['log'], 'level'>): boolean => level === 'debug' || level === 'trace'

/** Which request, and who asks. */
export const aboutRequest = ({ id, asker }: FastifyRequest): Record<string, string> => ({
  request_id: id,
  ...(asker?.tenant_id && { tenant_id: asker.tenant_id }),
  ...(asker?.user_id && { user_id: asker.user_id }),
  ...(asker?.device_id && { device_id: asker.device_id }),
})

// What a fleet does all day; a line each would cost more than the answer.
const isRoutine = ({ method, url }: FastifyRequest): boolean =>
  url.startsWith('/api/devices/') || url === '/health' || url === '/ready' || method === 'OPTIONS'
