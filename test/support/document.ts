import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Answer, Api } from './api.ts'
import type { Route, Schema } from './routes.ts'

/** Those that say something; the others are part of any answer, or of the connection. */
const HEADERS = [
  ...['x-men-requestid', 'www-authenticate', 'retry-after', 'location', 'link', 'x-total-count', 'etag', 'allow'],
  ...['content-disposition', 'accept-ranges', 'content-range', 'set-cookie'],
]

/** What is wrong with an answer by the OpenAPI document: nothing, if it is as it says. */
export async function readDocument(api: Pick<Api, 'get'>) {
  const { body: document } = await api.get('/api/openapi.json')
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  return ({ method, path }: Pick<Route, 'method' | 'path'>, answer: Answer): string[] => {
    const told = document.paths[path]?.[method.toLowerCase()]?.responses[answer.status]
    if (!told) return [`the status ${answer.status} is not documented: ${answer.text.slice(0, 200)}`]
    return [...bodyProblems(ajv, told, answer), ...headerProblems(told, answer)]
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
