import type { FastifyInstance } from 'fastify'
import { isUuid, toStoredId } from '../auth/stored-id.ts'
import { idNotUuid } from '../errors.ts'

/** For the endpoints that answer 400, not 404, to an id of another shape. Answers it as it is stored. */
export function requireUuid(id: string): string {
  if (!isUuid(id)) throw idNotUuid()
  return toStoredId(id)
}

/** What ids are called in the paths and queries of all routes; others are names. */
const ID_NAMES = ['id', 'aid', 'device', 'actor_id', 'object_id'] as const

/** A UUID in a path or a query is found however it is written. Those in a body are for its route to convert. */
export function readIdsAsStored(http: FastifyInstance) {
  http.addHook('preValidation', ({ params, query }, _reply, done) => {
    for (const given of [params, query] as Record<string, unknown>[])
      for (const name of ID_NAMES) if (given[name] !== undefined) given[name] = asStored(given[name])
    done()
  })
}

const asStored = (given: unknown): unknown =>
  Array.isArray(given) ? given.map(asStored) : typeof given === 'string' ? toStoredId(given) : given
