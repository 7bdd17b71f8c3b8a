import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { malformedIdempotencyKey } from '../../idempotency-errors.ts'

const MAX_LENGTH = 255

/** For the document: `readKey` reads the header. */
export const IdempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'A new text for each request that is no repetition, such as a UUID, of up to 255 visible ASCII characters. ' +
        'For 24 hours the same request of the same user with the same key creates nothing more, and gets the same answer',
    }),
  ),
})

// As the draft of the IETF defines it, a string of RFC 8941; and without quotes, as many clients send it.
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/
const BARE = /^[\x21\x23-\x7e]+$/

/** The key of a request; undefined: it has none. */
export function readKey({ headers }: FastifyRequest): string | undefined {
  const header = headers['idempotency-key']
  if (header === undefined) return undefined
  const text = String(header).trim()
  const key = QUOTED.exec(text)?.[1]?.replace(/\\(.)/g, '$1') ?? (BARE.test(text) ? text : undefined)
  if (key === undefined || key.length > MAX_LENGTH) throw malformedIdempotencyKey(MAX_LENGTH)
  return key
}
