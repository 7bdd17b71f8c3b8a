import type { FastifyInstance, FastifyRequest } from 'fastify'
import { toStoredId } from '../../auth/stored-id.ts'
import { malformedBody, unsupportedType } from '../../errors.ts'
import type { Refusal } from '../../refusal.ts'
import { decodeLeniently, findUnstorable, type Unstorable } from '../../text.ts'
import type { TextSet } from '../../text-set.ts'
import { SLICE, type TakenList, takeLongList } from './long-list.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The exact bytes of the body, for signatures and digests. Absent: there is none, or it is a long list. */
    rawBody?: Buffer
    /** The ids of the route's `long_list`. Absent: they are a member of the body, as of a short one. */
    long_list?: TextSet
  }
  interface FastifyContextConfig {
    /** The member of the body that may be a list of a million ids, each valid if it has 1 to 256 characters. */
    long_list?: string
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
  const parse = (request: FastifyRequest, body: Buffer, done: (error: Error | null, value?: unknown) => void) => {
    const { long_list } = request.routeOptions.config
    if (long_list !== undefined && body.length > SLICE) {
      if (request.headers['idempotency-key'] !== undefined) request.rawBody = body
      parseLong(request, body, long_list).then((value) => done(null, value), done)
      return
    }
    request.rawBody = body
    try {
      done(null, parseJson(body, options))
    } catch (error) {
      done(error as Error)
    }
  }
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) =>
    parse(request, body as Buffer, done),
  )
  http.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    const declared = Number(request.headers['content-length'] ?? 0)
    if (declared > 0 && !options.any_type) return done(unsupportedType(), undefined)
    parse(request, body as Buffer, done)
  })
}

const MAX_ID_LENGTH = 256

async function parseLong(request: FastifyRequest, body: Buffer, member: string): Promise<unknown> {
  const taken = await takeLongList(body, { member, most: MAX_ID_LENGTH, toStored: toStoredId })
  const others = taken && parseOthers(taken, member)
  if (!others) return parseJson(body)
  request.long_list = taken.list
  return others
}

/** Undefined: they are too long or not valid, or the list is not that of `member` in the body itself. */
function parseOthers({ rest, marker }: TakenList, member: string): object | undefined {
  if (rest.length > SLICE) return undefined
  try {
    const { [member]: list, ...others } = parseJson(rest) as Record<string, unknown>
    return Array.isArray(list) && list[0] === marker ? others : undefined
  } catch {
    return undefined
  }
}

/** undefined for an empty body. */
export function parseJson(bytes: Buffer, { lenient = false }: Options = {}): unknown {
  if (bytes.length === 0) return undefined
  let text: string
  let value: unknown
  try {
    text = lenient ? decodeLeniently(bytes) : new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (error) {
    throw malformedBody(`failed to decode request body: ${(error as Error).message}`)
  }
  const problem = findUnstorable(value, MAX_DEPTH, text)
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
