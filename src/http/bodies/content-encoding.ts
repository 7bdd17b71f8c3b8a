import type { FastifyInstance } from 'fastify'
import { unsupportedEncoding } from '../../errors.ts'

/** Refuses compressed bodies, on all routes, whatever parses their bodies. */
export function refuseEncodedBodies(http: FastifyInstance) {
  http.addHook('preParsing', ({ headers }, reply, _payload, done) => {
    const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
    const has_body = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
    if (!has_body || encoding === '' || encoding === 'identity') return done()
    reply.header('accept-encoding', 'identity')
    done(unsupportedEncoding())
  })
}
