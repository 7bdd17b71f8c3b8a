import type { FastifyInstance, RouteOptions } from 'fastify'
import type { TSchema } from 'typebox'
import { IdempotencyKey } from '../idempotency/key.ts'
import { EXAMPLES } from './examples.ts'
import { type HeaderName, refusals, withHeaders } from './responses.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False if the route never reads the database, whose failures are a 503. */
    usesDatabase?: false
  }
}

type Schema = {
  body?: object
  params?: object
  querystring?: { properties?: object }
  response?: Record<string, TSchema & { headers?: object }>
  tags?: readonly string[]
}

/** By a token of the protocol of Mender, or of DDI. */
export type Caller = 'user' | 'device' | 'ddi'
type Kind = { caller: 'anybody' | Caller; isShed: boolean }

/** Adds to the OpenAPI document what holds for all routes of a kind, so that each route only says what is its own. */
export function documentRoutes(http: FastifyInstance, kind: Kind) {
  http.addHook('onRoute', (route) => {
    const schema = route.schema as Schema | undefined
    if (!schema?.tags) return
    const example = EXAMPLES[nameOf(route)]
    const body = schema.body && example !== undefined ? { ...schema.body, examples: [example] } : schema.body
    route.schema = {
      ...schema,
      ...(body ? { body } : {}),
      ...(route.config?.creates ? { headers: IdempotencyKey } : {}),
      ...(kind.caller === 'ddi' ? { security: [{ ddi: [] }] } : {}),
      response: withCommonHeaders({ ...refusals(...commonRefusals(route, kind)), ...pagedResponses(schema) }),
    }
  })
}

/** `POST /groups/{name}` */
const nameOf = ({ method, url }: RouteOptions): string => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`

/** 400, 408, 414, 417 and 431 are about the request as HTTP. */
const commonRefusals = ({ method, config, schema = {} }: RouteOptions, { caller, isShed }: Kind): number[] => [
  ...[400, 408, 417, 431],
  ...(config?.usesDatabase === false ? [] : [503]),
  ...(caller === 'anybody' ? [] : [401]),
  ...(caller === 'user' ? [403] : []),
  ...(schema.params ? [414] : []),
  // Also without a schema for the body: one that is sent is read.
  ...(method === 'GET' || Array.isArray(method) ? [] : [413, 415]),
  ...(config?.creates ? [409, 422] : []),
  // Wrong tokens of devices that speak DDI are limited.
  ...(isShed || caller === 'ddi' ? [429] : []),
]

/** Paged lists have these headers unless their route says itself which it has. */
function pagedResponses({ querystring, response = {} }: Schema): NonNullable<Schema['response']> {
  const list = response['200']
  const isPaged = querystring?.properties && 'per_page' in querystring.properties
  if (!list || !isPaged || list.headers) return response
  return { ...response, 200: withHeaders(list, 'link', 'x-total-count') }
}

const BY_STATUS: Readonly<Record<string, readonly HeaderName[]>> = {
  401: ['www-authenticate'],
  429: ['retry-after'],
  503: ['retry-after'],
}

const withCommonHeaders = (responses: Record<string, TSchema>) =>
  Object.fromEntries(
    Object.entries(responses).map(([status, schema]) => [
      status,
      // Node refuses 417 itself.
      status === '417' ? schema : withHeaders(schema, 'x-men-requestid', ...(BY_STATUS[status] ?? [])),
    ]),
  )
