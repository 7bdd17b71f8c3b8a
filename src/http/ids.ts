import type { FastifyInstance } from 'fastify'
import { isUuid, toStoredId } from '../auth/stored-id.ts'
import { idNotUuid } from '../errors.ts'

/** For operations that refuse an ID of another form with 400 rather than 404. Returns the ID as it is stored. */
export function requireUuid(id: string): string {
  if (!isUuid(id)) throw idNotUuid()
  return toStoredId(id)
}

/** The parameters in paths and queries of all routes that are IDs; others are names. */
const ID_NAMES = ['id', 'aid', 'device', 'phase_id', 'event_id', 'actor_id', 'object_id'] as const

/** Converts UUIDs in paths and queries to the case in which they are stored. A route converts those in its body. */
export function readIdsAsStored(http: FastifyInstance) {
  http.addHook('preValidation', ({ params, query }, _reply, done) => {
    for (const given of [params, query] as Record<string, unknown>[])
      for (const name of ID_NAMES) if (given[name] !== undefined) given[name] = asStored(given[name])
    done()
  })
}

const asStored = (given: unknown): unknown =>
  Array.isArray(given) ? given.map(asStored) : typeof given === 'string' ? toStoredId(given) : given
