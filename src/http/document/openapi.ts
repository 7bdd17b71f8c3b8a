import { VERSION } from '../../version.ts'

type Parameter = { schema?: { 'x-integer'?: object } }
type Operation = { parameters?: Parameter[]; requestBody?: { required?: boolean; content: Record<string, Media> } }
type Media = { schema?: { 'x-optional'?: boolean } }

const info = () => ({
  openapi: '3.1.0' as const,
  info: {
    title: 'Muster',
    description: 'Over-the-air software deployments to device fleets. Speaks the Mender protocols.',
    version: VERSION,
  },
  components: {
    securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer', bearerFormat: 'JWT' } },
  },
  security: [{ bearer: [] }],
})

/** The document says what clients send; what the validation sees differs where a refusal is to quote what was sent. */
export const openapiOptions = () => ({
  openapi: info(),
  hideUntagged: true,
  transformObject: (given: object) => {
    const { openapiObject } = given as { openapiObject: { paths?: Record<string, Record<string, Operation>> } }
    for (const operations of Object.values(openapiObject.paths ?? {}))
      for (const operation of Object.values(operations)) describeOperation(operation)
    return openapiObject
  },
})

function describeOperation({ parameters = [], requestBody }: Operation) {
  for (const parameter of parameters) {
    const integer = parameter.schema?.['x-integer']
    if (integer) parameter.schema = { type: 'integer', ...integer } as object
  }
  for (const { schema } of Object.values(requestBody?.content ?? {})) {
    if (!requestBody || !schema?.['x-optional']) continue
    requestBody.required = false
    delete schema['x-optional']
  }
}
