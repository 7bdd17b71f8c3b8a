import type { FastifyInstance, RouteOptions } from 'fastify'
import type { TSchema } from 'typebox'
import { EXAMPLES } from './examples.ts'
import { type HeaderName, refusals, withHeaders } from './responses.ts'

type Schema = {
  body?: object
  params?: object
  querystring?: { properties?: object }
  response?: Record<string, TSchema & { headers?: object }>
  tags?: readonly string[]
}

type Kind = { caller: 'anybody' | 'user' | 'device'; isShed: boolean }

/** Adds to the OpenAPI document what holds for every route of its kind, so that no route has to say it. */
export function documentRoutes(http: FastifyInstance, kind: Kind) {
  http.addHook('onRoute', (route) => {
    const schema = route.schema as Schema | undefined
    if (!schema?.tags) return
    const example = EXAMPLES[nameOf(route)]
    const body = schema.body && example !== undefined ? { ...schema.body, examples: [example] } : schema.body
    route.schema = {
      ...schema,
      ...(body ? { body } : {}),
      response: withCommonHeaders({ ...refusals(...refused(route.method, schema, kind)), ...pagedResponses(schema) }),
    }
  })
}

/** `POST /groups/{name}` */
const nameOf = ({ method, url }: RouteOptions): string => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`

/** 400, 408, 417 and 431 come of what any request can be, 503 of a database that is away. */
const refused = (method: RouteOptions['method'], { params }: Schema, { caller, isShed }: Kind): number[] => [
  ...[400, 408, 417, 431, 503],
  ...(caller === 'anybody' ? [] : [401]),
  ...(caller === 'user' ? [403] : []),
  ...(params ? [404] : []),
  // Also where no body is wanted: one that is sent is read.
  ...(method === 'GET' || Array.isArray(method) ? [] : [413, 415]),
  // Of users: a search that takes long waits for its turn, and may find too many before it.
  ...(isShed || caller === 'user' ? [429] : []),
]

/** Unless the route says itself which headers it sends. */
function pagedResponses({ querystring, response = {} }: Schema): NonNullable<Schema['response']> {
  const list = response['200']
  const isPaged = querystring?.properties && 'per_page' in querystring.properties
  if (!list || !isPaged || list.headers) return response
  return { ...response, 200: withHeaders(list, 'link', 'x-total-count') }
}

const ON_STATUS: Readonly<Record<string, readonly HeaderName[]>> = {
  401: ['www-authenticate'],
  429: ['retry-after'],
  503: ['retry-after'],
}

const withCommonHeaders = (responses: Record<string, TSchema>) =>
  Object.fromEntries(
    Object.entries(responses).map(([status, schema]) => [
      status,
      // Node refuses these itself.
      status === '417' ? schema : withHeaders(schema, 'x-men-requestid', ...(ON_STATUS[status] ?? [])),
    ]),
  )
