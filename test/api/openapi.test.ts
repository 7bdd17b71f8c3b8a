import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EXAMPLES } from '../../src/http/examples.ts'
import { openApi } from '../support/api.ts'
import { startServer, type TestServer } from '../support/server.ts'

// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document
type Operation = any

let server: TestServer
let operations: { name: string; operation: Operation }[]
beforeAll(async () => {
  server = await startServer()
  const { body } = await openApi(server.url).get('/api/openapi.json')
  operations = Object.entries<Operation>(body.paths).flatMap(([path, methods]) =>
    Object.entries<Operation>(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )
})
afterAll(() => server[Symbol.asyncDispose]())

const jsonBody = ({ requestBody }: Operation) => requestBody?.content['application/json']?.schema

test('every operation says what it does and with what it answers', () => {
  expect(operations.length).toBeGreaterThan(80)
  for (const { name, operation } of operations) {
    expect([name, operation.summary]).toEqual([name, expect.any(String)])
    expect([name, operation.tags]).toEqual([name, [expect.any(String)]])
    expect([name, Object.keys(operation.responses).some((status) => status.startsWith('2'))]).toEqual([name, true])
  }
})

test('every operation that needs a token says how it refuses, and those that take a body how they refuse that', () => {
  for (const { name, operation } of operations) {
    const statuses = Object.keys(operation.responses)
    if (!operation.security) expect([name, statuses]).toEqual([name, expect.arrayContaining(['401', '403'])])
    if (jsonBody(operation)) expect([name, statuses]).toEqual([name, expect.arrayContaining(['400', '413', '415'])])
  }
})

test('every JSON body has an example, which its schema takes, and no example is for nothing', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const taking = operations.filter(({ operation }) => jsonBody(operation))
  for (const { name, operation } of taking) {
    const { schema, example } = operation.requestBody.content['application/json']
    expect([name, example]).toEqual([name, EXAMPLES[name]])
    expect([name, ajv.validate(schema, example), ajv.errors]).toEqual([name, true, null])
  }
  expect(Object.keys(EXAMPLES).sort()).toEqual(taking.map(({ name }) => name).sort())
})
