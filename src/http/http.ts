import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, RawServerDefault } from 'fastify'
import type { Permission } from '../auth/permission-set.ts'
import type { Feature } from '../auth/plan.ts'
import type { Env } from '../env.ts'

/** Where a route file puts its routes. */
export type Http = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, Env['log'], TypeBoxTypeProvider>

/** A route file: called once, with a prefix and an authentication of app.ts's choosing. */
export type Routes = (http: Http, env: Env) => void

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the user must be allowed to do; where nothing is said, what app.ts says for the service. */
    permission?: Permission
    /** What the tenant's plan must have, whatever the request says. */
    feature?: Feature
  }
}

const PRINTABLE = /^[\x21-\x7e]{1,128}$/

/** The client's own request id where it sent a usable one. */
export const requestId = ({ headers }: IncomingMessage): string => {
  const given = headers['x-men-requestid']
  return typeof given === 'string' && PRINTABLE.test(given) ? given : randomUUID()
}
