import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'

/** For the document: `readIfMatch` reads the header. */
export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description: 'ETags, one of which must be that of the present version; otherwise somebody else has changed it',
    }),
  ),
})

/** For the document: `isOnlyNew` reads the header. */
export const IfNoneMatch = Type.Object({
  'if-none-match': Type.Optional(Type.String({ description: '`*`: refuse the request if there is one already' })),
})

/** Whether the header `If-None-Match` allows to add only. */
export const isOnlyNew = ({ headers }: FastifyRequest): boolean => headers['if-none-match']?.trim() === '*'

/** The versions that the header `If-Match` allows; undefined: any. */
export function readIfMatch({ headers }: FastifyRequest): string[] | undefined {
  const header = headers['if-match']
  if (header === undefined || header.trim() === '' || header.trim() === '*') return undefined
  return header.split(',').map((tag) => tag.trim().replace(/^(?:W\/)?"(.*)"$/, '$1'))
}
