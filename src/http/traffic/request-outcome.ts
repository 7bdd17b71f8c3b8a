import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CLIENT_GONE } from '../../errors.ts'
import { onFinished } from './raw-request.ts'

/** `wasCutOff`: the client closed the connection after the answer began and before it was sent. */
export type RequestOutcome = { status: number; wasCutOff: boolean; ms: number }

/**
 * Reports how each request ended, once: when its answer is sent, or when its client has gone, which ends it before any answer. Of
 * those Fastify's `onResponse` says nothing.
 */
export function onRequestEnd(http: FastifyInstance, tell: (request: FastifyRequest, outcome: RequestOutcome) => void) {
  http.addHook('onRequest', (request, reply, done) => {
    onFinished({ request: request.raw, response: reply.raw }, () => {
      const { headersSent, writableFinished } = reply.raw
      // Between the headers of an answer and its end is a download or an event stream.
      const status = writableFinished || headersSent ? reply.statusCode : CLIENT_GONE
      tell(request, { status, wasCutOff: headersSent && !writableFinished, ms: reply.elapsedTime })
    })
    done()
  })
}
