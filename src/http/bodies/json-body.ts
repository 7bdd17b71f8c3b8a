import type { FastifyInstance } from 'fastify'
import { malformedBody, unsupportedType } from '../../errors.ts'
import type { Refusal } from '../../refusal.ts'
import { decodeLeniently, findUnstorable, type Unstorable } from '../../text.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's exact bytes, for signatures over them. */
    rawBody?: Buffer
  }
}

const MAX_DEPTH = 64

type Manner = { lenient?: boolean }

/**
 * JSON bodies: an empty one is none, and one that holds what PostgreSQL cannot store is refused, or `lenient`, as is
 * right towards devices, taken with U+FFFD in its place.
 */
export function parseJsonBodies(http: FastifyInstance, manner: Manner = {}) {
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    request.rawBody = body as Buffer
    try {
      done(null, parseJson(body as Buffer, manner))
    } catch (error) {
      done(error as Error, undefined)
    }
  })
  http.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    const declared = Number(request.headers['content-length'] ?? 0)
    if (declared > 0) return done(unsupportedType(), undefined)
    request.rawBody = body as Buffer
    try {
      done(null, parseJson(body as Buffer, manner))
    } catch (error) {
      done(error as Error, undefined)
    }
  })
}

/** undefined for no bytes at all. */
export function parseJson(bytes: Buffer, { lenient = false }: Manner = {}): unknown {
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

const PROBLEMS: Record<Unstorable, string> = {
  depth: `nested deeper than ${MAX_DEPTH} levels`,
  number: 'a number is too large',
  NUL: 'a string holds a NUL character (U+0000), as texts of a device tree do at their end: it cannot be stored, remove it',
  surrogate: 'a string holds half a surrogate pair: it cannot be stored, remove it',
}
