import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Api, ApiResponse } from './api.ts'
import type { Route, Schema } from './routes.ts'

/** Headers to be documented; all others are part of every response, or of the connection. */
const HEADERS = [
  ...['x-men-requestid', 'www-authenticate', 'retry-after', 'location', 'link', 'x-total-count', 'etag', 'allow'],
  ...['content-disposition', 'accept-ranges', 'content-range', 'set-cookie'],
]

/**
 * The paths of the OpenAPI document of a server, with all references resolved. A schema within itself is one that takes
 * anything.
 */
export async function readPaths(api: Pick<Api, 'get'>): Promise<Record<string, Record<string, Schema>>> {
  const { body: document } = await api.get('/api/openapi.json')
  return resolveReferences(document.paths, document)
}

function resolveReferences(part: Schema, document: Schema, within: readonly string[] = []): Schema {
  const resolve = (one: Schema) => resolveReferences(one, document, within)
  if (Array.isArray(part)) return part.map(resolve)
  if (typeof part !== 'object' || part === null) return part
  const { $ref } = part
  if (typeof $ref === 'string')
    return within.includes($ref) ? {} : resolveReferences(targetOf($ref, document), document, [...within, $ref])
  return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, resolve(member)]))
}

const targetOf = (ref: string, document: Schema): Schema =>
  ref
    .split('/')
    .slice(1)
    .reduce((part, name) => part[name], document)

/** The differences between a response and the OpenAPI document; empty if it is as documented. */
export async function readDocument(api: Pick<Api, 'get'>) {
  const paths = await readPaths(api)
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  return ({ method, path }: Pick<Route, 'method' | 'path'>, response: ApiResponse): string[] => {
    const documented = paths[path]?.[method.toLowerCase()]?.responses[response.status]
    if (!documented) return [`the status ${response.status} is not documented: ${response.text.slice(0, 200)}`]
    return [...bodyProblems(ajv, documented, response), ...headerProblems(documented, response)]
  }
}

function bodyProblems(ajv: Ajv2020, { content }: Schema, { status, text, headers, body }: ApiResponse): string[] {
  if (!content) return text === '' ? [] : [`${status} has a body, which is not documented`]
  const type = headers.get('content-type')?.split(';')[0] ?? ''
  if (!content[type]) return [`${status} is of the type "${type}", and documented as ${Object.keys(content)}`]
  if (!/[/+]json$/.test(type) || ajv.validate(content[type].schema, body)) return []
  return [`${status} is not as its schema: ${ajv.errorsText()}: ${text.slice(0, 300)}`]
}

function headerProblems({ headers: documented = {} }: Schema, { status, headers }: ApiResponse): string[] {
  return HEADERS.filter((name) => headers.has(name) !== name in documented).map((name) =>
    headers.has(name)
      ? `${status} has the header ${name}, which is not documented`
      : `${status} lacks the header ${name}`,
  )
}
