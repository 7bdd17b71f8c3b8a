import { STATUS_CODES } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { type Media, type Operation, type Parameter, type Response, readable, toOperation } from './operation.ts'

export type Paths = Record<string, Record<string, Operation>>
type Components = Record<'schemas' | 'responses' | 'headers', Record<string, object>>

/**
 * Moves what operations share to `components`: schemas with a title, headers, and the responses of refusals. The
 * schemas of the routes stay whole, because Fastify validates by them. All is sorted, so that a change is a small
 * difference.
 */
export function withComponents(given: Paths): { paths: Paths; components: Components } {
  const components: Components = { schemas: {}, responses: {}, headers: {} }
  const paths = mapEntries(given, (operations) =>
    mapEntries(operations, (operation, method) => hoistFrom(toOperation(operation, method), components)),
  )
  const { schemas, responses, headers } = components
  return {
    paths: sorted(paths),
    components: { schemas: sorted(schemas), responses: sorted(responses), headers: sorted(headers) },
  }
}

function hoistFrom({ parameters, requestBody, responses, ...operation }: Operation, components: Components): Operation {
  const ofMedia = (content: Record<string, Media>) =>
    mapEntries(content, ({ schema, ...media }) => ({ ...media, schema: hoistSchemas(schema, components) as object }))
  const ofParameter = ({ schema, ...parameter }: Parameter) => ({
    ...{ ...parameter, schema: hoistSchemas(schema, components) as object },
  })
  const ofResponse = ({ content, headers, ...response }: Response, status: string) =>
    hoistRefusal(
      {
        ...response,
        ...(headers && { headers: hoistHeaders(headers, components) }),
        ...(content && { content: ofMedia(content) }),
      },
      { status, components },
    )
  return {
    ...operation,
    ...(parameters && { parameters: parameters.map(ofParameter) }),
    ...(requestBody && { requestBody: { ...requestBody, content: ofMedia(requestBody.content) } }),
    responses: mapEntries(responses, ofResponse),
  }
}

/** Refusals of one status are alike; one that is not stays where it is. */
function hoistRefusal(
  response: Response,
  { status, components }: { status: string; components: Components },
): Response {
  if (Number(status) < 400) return response
  const name = (STATUS_CODES[status] ?? status).replace(/\W/g, '')
  components.responses[name] ??= response
  return isDeepStrictEqual(components.responses[name], response) ? referTo('responses', name) : response
}

function hoistHeaders(headers: Record<string, object>, components: Components): Record<string, object> {
  return mapEntries(headers, (header, name) => {
    components.headers[name] ??= header
    if (!isDeepStrictEqual(components.headers[name], header)) throw new Error(`two headers are called ${name}`)
    return referTo('headers', name)
  })
}

/** Members that hold values rather than schemas. */
const VALUES = ['default', 'enum', 'const', 'example', 'examples', 'required']

function hoistSchemas(schema: unknown, components: Components): unknown {
  if (Array.isArray(schema)) return schema.map((one) => hoistSchemas(one, components))
  if (typeof schema !== 'object' || schema === null) return schema
  // The name of a schema that holds itself.
  if ('x-schema' in schema) return referTo('schemas', String(schema['x-schema']))
  const { title, ...whole } = readable(
    mapEntries(schema as Record<string, unknown>, (member, name) =>
      VALUES.includes(name) ? member : hoistSchemas(member, components),
    ),
  )
  // A property may be called `title`, too.
  if (typeof title !== 'string') return title === undefined ? whole : { ...whole, title }
  components.schemas[title] ??= whole
  if (!isDeepStrictEqual(components.schemas[title], whole)) throw new Error(`two schemas are called ${title}`)
  return referTo('schemas', title)
}

const referTo = (kind: keyof Components, name: string) => ({ $ref: `#/components/${kind}/${name}` })

const mapEntries = <From, To>(
  record: Record<string, From>,
  map: (value: From, key: string) => To,
): Record<string, To> => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))

const sorted = <Value>(record: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
