import type { FastifyInstance } from 'fastify'
import { malformedBody, unsupportedType } from '../../errors.ts'
import type { Refusal } from '../../refusal.ts'
import { decodeLeniently, findUnstorable, type Unstorable } from '../../text.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The exact bytes of the body, for signatures over them. */
    rawBody?: Buffer
  }
}

const MAX_DEPTH = 64

/** `any_type`: bodies of every content type are read as JSON. */
type Options = { lenient?: boolean; any_type?: boolean }

/**
 * Parses JSON bodies. An empty body is none. One with strings that PostgreSQL cannot store is refused or, if `lenient`,
 * as is right for devices, accepted with U+FFFD in place of what cannot be stored.
 */
export function parseJsonBodies(http: FastifyInstance, options: Options = {}) {
  http.removeAllContentTypeParsers()
  if (options.any_type)
    http.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
      // Fastify would refuse what is no content type at all.
      if (headers['content-type'] !== undefined) headers['content-type'] = 'application/json'
      done()
    })
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    request.rawBody = body as Buffer
    try {
      done(null, parseJson(body as Buffer, options))
    } catch (error) {
      done(error as Error, undefined)
    }
  })
  http.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    const declared = Number(request.headers['content-length'] ?? 0)
    if (declared > 0 && !options.any_type) return done(unsupportedType(), undefined)
    request.rawBody = body as Buffer
    try {
      done(null, parseJson(body as Buffer, options))
    } catch (error) {
      done(error as Error, undefined)
    }
  })
}

/** undefined for an empty body. */
export function parseJson(bytes: Buffer, { lenient = false }: Options = {}): unknown {
  if (bytes.length === 0) return undefined
  let value: unknown
  try {
    value = JSON.parse(lenient ? decodeLeniently(bytes) : new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw malformedBody(`failed to decode request body: ${(error as Error).message}`)
  }
  const problem = findUnstorable(value, MAX_DEPTH)
  if (problem) throw refuse(problem)
  return value
}

function refuse(problem: Unstorable): Refusal {
  return malformedBody(`failed to decode request body: ${PROBLEMS[problem]}`)
}

const REMEDY = 'it cannot be stored, remove it'
const PROBLEMS: Record<Unstorable, string> = {
  depth: `nested deeper than ${MAX_DEPTH} levels`,
  number: 'a number is too large',
  NUL: `a string holds a NUL character (U+0000), as texts of a device tree do at their end: ${REMEDY}`,
  surrogate: `a string holds half a surrogate pair: ${REMEDY}`,
}
