import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, RawServerDefault } from 'fastify'
import type { Permission } from '../auth/permission-set.ts'
import type { Feature } from '../auth/plan.ts'
import type { Env } from '../env.ts'

/** The Fastify instance of a route file, with the types of its schemas. */
export type Http = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, Env['log'], TypeBoxTypeProvider>

/** The routes of a file. app.ts registers them once, below a prefix and behind an authentication. */
export type Routes = (http: Http, env: Env) => void

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the user's roles must permit; by default what app.ts names for the service. */
    permission?: Permission
    /** What the tenant's plan must have for any request to the route. */
    feature?: Feature
  }
}

const PRINTABLE = /^[\x21-\x7e]{1,128}$/

/** The request ID that the client sent, if it is usable, or a new one. */
export const requestId = ({ headers }: IncomingMessage): string => {
  const given = headers['x-men-requestid']
  return typeof given === 'string' && PRINTABLE.test(given) ? given : randomUUID()
}
