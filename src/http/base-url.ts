import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Env } from '../env.ts'

/** The beginning of links that are sent to a client: as configured, or as the client reached this server. */
export const baseUrl = (env: Env, { protocol, host }: FastifyRequest): string =>
  env.config.public_url ?? `${protocol}://${host}`

/** The same before Fastify; undefined: it is up to Fastify what a proxy has forwarded. */
export function baseUrlBefore(env: Env, { headers, socket }: IncomingMessage): string | undefined {
  const isForwarded = headers['x-forwarded-host'] !== undefined || headers['x-forwarded-proto'] !== undefined
  if (env.config.public_url !== undefined) return env.config.public_url
  return isForwarded || !headers.host ? undefined : `${'encrypted' in socket ? 'https' : 'http'}://${headers.host}`
}
