import type { FastifyReply } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route creates something, and accepts an `Idempotency-Key`. */
    creates?: Creates
  }
}

export type Creates =
  | {
      /** The header `Location`, by the ID of what was created. */
      location: (id: string) => string
      /** The part of a form whose bytes are read as they arrive; undefined: the body is read before the route runs. */
      file_part?: string
    }
  /** The answer is 200 with this body, as Mender's is. */
  | { body: (id: string) => object }
  /** The answer has a secret, which is not stored. */
  | 'secret'

/** Answers as a repetition of the request with the same key is answered. */
export function sendCreated(reply: FastifyReply, id: string): FastifyReply {
  const { creates } = reply.routeOptions.config
  if (creates === undefined || creates === 'secret') throw new Error('The route does not say where it creates.')
  if ('body' in creates) return reply.code(200).send(creates.body(id))
  return reply.code(201).header('location', creates.location(id)).send()
}
