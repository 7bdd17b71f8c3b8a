import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CLIENT_GONE } from '../../errors.ts'
import { onFinished } from './raw-request.ts'

/** `wasCutOff`: the client closed the connection after the response began and before it was sent. */
export type RequestOutcome = { status: number; wasCutOff: boolean; ms: number }

/**
 * Reports the outcome of each request once: when its response is sent, or when the client has gone, which ends the
 * request before any response. For those, Fastify emits no `onResponse`.
 */
export function onRequestEnd(
  http: FastifyInstance,
  report: (request: FastifyRequest, outcome: RequestOutcome) => void,
) {
  http.addHook('onRequest', (request, reply, done) => {
    onFinished({ request: request.raw, response: reply.raw }, () => {
      const { headersSent, writableFinished } = reply.raw
      // A download or an event stream can end between its headers and its end.
      const status = writableFinished || headersSent ? reply.statusCode : CLIENT_GONE
      report(request, { status, wasCutOff: headersSent && !writableFinished, ms: reply.elapsedTime })
    })
    done()
  })
}
