import type { FastifyInstance } from 'fastify'
import { malformedBody, unsupportedType } from '../../errors.ts'
import { decodeLeniently, isStorable } from '../../text.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's exact bytes, for signatures over them. */
    rawBody?: Buffer
  }
}

const DEEPEST = 64

type Manner = { lenient?: boolean }

/**
 * JSON bodies: an empty one is none, and one that holds what PostgreSQL cannot store is refused, or `lenient`, as is right towards devices,
 * taken with U+FFFD in its place.
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
  requireStorable(value)
  return value
}

/** Walks without recursion: depth is one of the things that are checked. */
function requireStorable(value: unknown) {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) throw malformedBody(`failed to decode request body: nested deeper than ${DEEPEST} levels`)
    const next: unknown[] = []
    for (const item of level) {
      if (typeof item === 'string') requireText(item)
      else if (typeof item === 'number' && !Number.isFinite(item))
        throw malformedBody('failed to decode request body: a number is too large')
      else if (Array.isArray(item)) for (const element of item) next.push(element)
      else if (typeof item === 'object' && item !== null)
        for (const [key, member] of Object.entries(item)) {
          requireText(key)
          next.push(member)
        }
    }
    level = next
  }
}

function requireText(text: string) {
  if (isStorable(text)) return
  const held = text.includes('\0')
    ? 'a NUL character (U+0000), as texts of a device tree do at their end'
    : 'half a surrogate pair'
  throw malformedBody(`failed to decode request body: a string holds ${held}: it cannot be stored, remove it`)
}
