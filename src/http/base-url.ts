import type { FastifyRequest } from 'fastify'
import type { Env } from '../env.ts'

/** The beginning of links that are sent to a client: as configured, or as the client reached this server. */
export const baseUrl = (env: Env, { protocol, host }: FastifyRequest): string =>
  env.config.public_url ?? `${protocol}://${host}`
