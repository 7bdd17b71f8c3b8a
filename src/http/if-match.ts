import type { FastifyRequest } from 'fastify'

/** The versions that the header `If-Match` allows; undefined where any will do. */
export function readIfMatch({ headers }: FastifyRequest): string[] | undefined {
  const header = headers['if-match']
  if (header === undefined || header.trim() === '' || header.trim() === '*') return undefined
  return header.split(',').map((tag) => tag.trim().replace(/^(?:W\/)?"(.*)"$/, '$1'))
}
