export type Media = { schema?: { 'x-optional'?: boolean } }
export type Parameter = { schema?: { 'x-integer'?: object } }
export type Response = {
  $ref?: string
  description?: string
  headers?: Record<string, object>
  content?: Record<string, Media>
}
export type Operation = {
  operationId?: string
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, Media> }
  responses: Record<string, Response>
}

/** An operation as clients see it: its validation differs where a refusal quotes what was sent. */
export const toOperation = (operation: Operation, method: string): Operation => ({
  ...operation,
  ...(operation.operationId && { operationId: idFor(operation.operationId, method) }),
  ...(operation.parameters && { parameters: operation.parameters.map(toParameter) }),
  ...(operation.requestBody && { requestBody: toBody(operation.requestBody) }),
  responses: Object.fromEntries(
    Object.entries(operation.responses).map(([status, response]) => [status, withDescription(response)]),
  ),
})

/** HEAD and GET are one route. */
const idFor = (id: string, method: string): string => (method === 'head' ? id.replace(/^get/, 'head') : id)

function toParameter(parameter: Parameter): Parameter {
  const integer = parameter.schema?.['x-integer']
  return integer ? { ...parameter, schema: { type: 'integer', ...integer } as object } : parameter
}

function toBody(body: NonNullable<Operation['requestBody']>): NonNullable<Operation['requestBody']> {
  const isOptional = Object.values(body.content).some(({ schema }) => schema?.['x-optional'])
  const content = Object.entries(body.content).map(
    ([type, { schema: { 'x-optional': _, ...schema } = {}, ...media }]) => [type, { ...media, schema }],
  )
  return { ...body, required: !isOptional, content: Object.fromEntries(content) }
}

/** What `@fastify/swagger` says if nothing else is said. */
const NO_DESCRIPTION = 'Default Response'

const withDescription = (response: Response): Response =>
  response.description === NO_DESCRIPTION ? { ...response, description: 'OK' } : response

type Schema = Record<string, unknown>

/**
 * A choice among single words as one list of words, as generators of clients expect it; a choice that validation makes
 * by a condition as one among schemas.
 */
export function readable({ if: condition, then, else: otherwise, ...whole }: Schema): Schema {
  if (condition) return { ...whole, anyOf: [otherwise, then] }
  const { anyOf, ...schema } = whole
  const words = Array.isArray(anyOf) ? anyOf.flatMap(wordOf) : []
  if (words.length > 0 && words.length === (anyOf as unknown[]).length)
    return { ...schema, type: 'string', enum: words }
  if (Array.isArray(schema.enum) && schema.type === undefined) return { type: typeof schema.enum[0], ...schema }
  return anyOf === undefined ? schema : { ...schema, anyOf }
}

function wordOf({ type, enum: words, const: word = words }: { type?: string; enum?: unknown[]; const?: unknown }) {
  const [only, ...others] = [word].flat()
  return type === 'string' && only !== undefined && others.length === 0 ? [only] : []
}
