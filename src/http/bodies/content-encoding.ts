import type { FastifyInstance } from 'fastify'
import { unsupportedEncoding } from '../../errors.ts'

/** Bodies are taken as they are: for all routes alike, whatever then parses them. */
export function refuseEncodedBodies(http: FastifyInstance) {
  http.addHook('preParsing', ({ headers }, reply, _payload, done) => {
    const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
    const has_body = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
    if (!has_body || encoding === '' || encoding === 'identity') return done()
    reply.header('accept-encoding', 'identity')
    done(unsupportedEncoding())
  })
}
