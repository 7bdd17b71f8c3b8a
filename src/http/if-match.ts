import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'

/** For the document: what the header holds is read by `readIfMatch`. */
export const IfMatch = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'ETags, one of which must be that of the present version' })),
})

/** The versions that the header `If-Match` allows; undefined where any will do. */
export function readIfMatch({ headers }: FastifyRequest): string[] | undefined {
  const header = headers['if-match']
  if (header === undefined || header.trim() === '' || header.trim() === '*') return undefined
  return header.split(',').map((tag) => tag.trim().replace(/^(?:W\/)?"(.*)"$/, '$1'))
}
