import type { FastifyRequest } from 'fastify'
import type { Env } from '../env.ts'

/** What links handed to a client begin with: as configured, else as the client itself reached us. */
export const baseUrl = (env: Env, { protocol, host }: FastifyRequest): string =>
  env.config.public_url ?? `${protocol}://${host}`
