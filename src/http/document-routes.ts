import type { FastifyInstance, RouteOptions } from 'fastify'
import { EXAMPLES } from './examples.ts'
import { refusals } from './responses.ts'

type Schema = { body?: object; params?: object; querystring?: object; response?: object; tags?: readonly string[] }

/** Adds to the OpenAPI document what holds for every route of its kind, so that no route has to say it. */
export function documentRoutes(http: FastifyInstance, { authenticated }: { authenticated: boolean }) {
  http.addHook('onRoute', (route) => {
    const schema = route.schema as Schema | undefined
    if (!schema?.tags) return
    const example = EXAMPLES[nameOf(route)]
    const body = schema.body && example !== undefined ? { ...schema.body, examples: [example] } : schema.body
    route.schema = {
      ...schema,
      ...(body ? { body } : {}),
      response: { ...refusals(...refused(schema, authenticated)), ...schema.response },
    }
  })
}

/** `POST /groups/{name}` */
const nameOf = ({ method, url }: RouteOptions): string => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`

const refused = ({ body, params, querystring }: Schema, authenticated: boolean): number[] => [
  ...(body || querystring ? [400] : []),
  ...(authenticated ? [401, 403] : []),
  ...(params ? [404] : []),
  ...(body ? [413, 415] : []),
]
