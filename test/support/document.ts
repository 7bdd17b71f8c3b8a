import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Answer, Api } from './api.ts'
import type { Route, Schema } from './routes.ts'

/** Headers that say something; the others are part of any response, or of the connection. */
const HEADERS = [
  ...['x-men-requestid', 'www-authenticate', 'retry-after', 'location', 'link', 'x-total-count', 'etag', 'allow'],
  ...['content-disposition', 'accept-ranges', 'content-range', 'set-cookie'],
]

/** The paths of the OpenAPI document that a server sends, with everything that they refer to in its place. */
export async function readPaths(api: Pick<Api, 'get'>): Promise<Record<string, Record<string, Schema>>> {
  const { body: document } = await api.get('/api/openapi.json')
  return inlined(document.paths, document)
}

function inlined(part: Schema, document: Schema): Schema {
  if (Array.isArray(part)) return part.map((one) => inlined(one, document))
  if (typeof part !== 'object' || part === null) return part
  if (typeof part.$ref === 'string') return inlined(targetOf(part.$ref, document), document)
  return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, inlined(member, document)]))
}

const targetOf = (ref: string, document: Schema): Schema =>
  ref
    .split('/')
    .slice(1)
    .reduce((part, name) => part[name], document)

/** What is wrong with a response by the OpenAPI document: nothing, if it is as documented. */
export async function readDocument(api: Pick<Api, 'get'>) {
  const paths = await readPaths(api)
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  return ({ method, path }: Pick<Route, 'method' | 'path'>, answer: Answer): string[] => {
    const documented = paths[path]?.[method.toLowerCase()]?.responses[answer.status]
    if (!documented) return [`the status ${answer.status} is not documented: ${answer.text.slice(0, 200)}`]
    return [...bodyProblems(ajv, documented, answer), ...headerProblems(documented, answer)]
  }
}

function bodyProblems(ajv: Ajv2020, { content }: Schema, { status, text, headers, body }: Answer): string[] {
  if (!content) return text === '' ? [] : [`${status} has a body, which is not documented`]
  const type = headers.get('content-type')?.split(';')[0] ?? ''
  if (!content[type]) return [`${status} is of the type "${type}", and documented as ${Object.keys(content)}`]
  if (type !== 'application/json' || ajv.validate(content[type].schema, body)) return []
  return [`${status} is not as its schema: ${ajv.errorsText()}: ${text.slice(0, 300)}`]
}

function headerProblems({ headers: documented = {} }: Schema, { status, headers }: Answer): string[] {
  return HEADERS.filter((name) => headers.has(name) !== name in documented).map((name) =>
    headers.has(name)
      ? `${status} has the header ${name}, which is not documented`
      : `${status} lacks the header ${name}`,
  )
}
