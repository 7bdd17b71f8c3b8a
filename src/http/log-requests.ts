import type { FastifyInstance, FastifyRequest } from 'fastify'

/** One line a request: ids, route and outcome, never a header or a query, which may hold tokens and signatures. */
export function logRequests(http: FastifyInstance) {
  http.addHook('onResponse', async (request, reply) => {
    const isTrouble = reply.statusCode >= 500 && !(reply.statusCode === 503 && isRoutine(request))
    const level = isTrouble ? 'error' : isRoutine(request) ? 'debug' : 'info'
    if (level === 'debug' && request.log.level !== 'debug' && request.log.level !== 'trace') return
    const { method, routeOptions } = request
    request.log[level](
      {
        method,
        route: routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
}

// What a fleet does all day; a line each would cost more than the answer.
const isRoutine = ({ method, url }: FastifyRequest): boolean =>
  url.startsWith('/api/devices/') || url === '/health' || url === '/ready' || method === 'OPTIONS'
