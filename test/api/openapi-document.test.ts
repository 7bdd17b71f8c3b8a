import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ERROR_CODES } from '../../src/error-codes.ts'
import { openApi } from '../support/api.ts'
import type { Schema } from '../support/routes.ts'
import { startServer, type TestServer } from '../support/server.ts'

const COMMITTED = resolve(import.meta.dirname, '../../docs/openapi.json')
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete']

let server: TestServer
let document: Schema
let operations: { name: string; operation: Schema }[]
beforeAll(async () => {
  server = await startServer()
  document = (await openApi(server.url).get('/api/openapi.json')).body
  operations = Object.entries<Schema>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Schema>(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  )
})
afterAll(() => server[Symbol.asyncDispose]())

test('the committed document equals the one that the server sends: run "npm run openapi" after a change', () => {
  expect(`${JSON.stringify(document, null, 2)}\n`).toBe(readFileSync(COMMITTED, 'utf8'))
})

test('every operation has a unique ID, a summary and a described tag', () => {
  expect(operations.length).toBeGreaterThan(130)
  const tags: { name: string; description: string }[] = document.tags
  for (const { description } of tags) expect(description).toMatch(/\w \w/)
  for (const { name, operation } of operations) {
    expect([name, operation.operationId]).toEqual([name, expect.stringMatching(/^[a-z]+([A-Z0-9][a-z]*)*$/)])
    expect([name, operation.summary]).toEqual([name, expect.stringMatching(/^[A-Z].* .*[^.]$/)])
    expect([name, operation.tags]).toEqual([name, [expect.any(String)]])
    expect(tags.map((tag) => tag.name)).toContain(operation.tags[0])
    expect(METHODS).toContain(name.split(' ')[0])
  }
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
})

test('every tag is used, and every server is described', () => {
  const used = new Set(operations.map(({ operation }) => operation.tags[0]))
  expect(document.tags.map(({ name }: Schema) => name).sort()).toEqual([...used].sort())
  for (const { description } of document.servers) expect(description).toMatch(/\w \w/)
})

test('every parameter, property, named schema and header is described', () => {
  const parameters = operations.flatMap(({ name, operation }) =>
    (operation.parameters ?? []).map((one: Schema) => [`${name}: ${one.name}`, one] as const),
  )
  const named = ['schemas', 'responses', 'headers'].flatMap((kind) => Object.entries<Schema>(document.components[kind]))
  const properties = objects(document).flatMap(({ properties, at }) =>
    Object.entries<Schema>(properties).map(([name, one]) => [`${at}: ${name}`, one] as const),
  )
  expect(properties.length).toBeGreaterThan(400)
  const isDescribed = ({ description, $ref, items }: Schema) => description || $ref || items?.$ref
  const undescribed = [...parameters, ...named, ...properties].filter(([, one]) => !isDescribed(one))
  expect(undescribed.map(([name]) => name)).toEqual([])
})

test('no object schema occurs twice: it has a name in the components', () => {
  const seen = new Map<string, string>()
  const withMembers = objects(document).filter(({ properties }) => Object.keys(properties).length > 0)
  const twice = withMembers.flatMap(({ at, ...schema }) => {
    const text = JSON.stringify(schema)
    const before = seen.get(text)
    seen.set(text, at)
    return before === undefined ? [] : [`${before} and ${at}`]
  })
  expect(twice).toEqual([])
})

test('every component is used', () => {
  const text = JSON.stringify(document)
  const names = ['schemas', 'responses', 'headers'].flatMap((kind) =>
    Object.keys(document.components[kind]).map((name) => `#/components/${kind}/${name}`),
  )
  expect(names.filter((name) => !text.includes(`"${name}"`))).toEqual([])
})

test('error responses list their codes, which are in the catalogue', () => {
  const { Error: body, ErrorCode: code } = document.components.schemas
  expect(body.required).toEqual(['error', 'code', 'request_id'])
  expect(body.properties.code).toEqual({ $ref: '#/components/schemas/ErrorCode' })
  expect(code.enum).toEqual(Object.keys(ERROR_CODES))
  for (const { name, operation } of operations)
    for (const [status, response] of Object.entries<Schema>(operation.responses))
      if (Number(status) >= 400)
        expect([name, status, response]).toEqual([name, status, { $ref: expect.stringContaining('responses/') }])
})

/** All schemas of objects with properties, anywhere in the document, with their path. */
function objects(part: Schema, at = '#'): Schema[] {
  if (Array.isArray(part)) return part.flatMap((one, i) => objects(one, `${at}/${i}`))
  if (typeof part !== 'object' || part === null) return []
  const nested = Object.entries(part).flatMap(([name, member]) =>
    name === 'example' ? [] : objects(member, `${at}/${name}`),
  )
  return part.type === 'object' && part.properties ? [{ ...part, at }, ...nested] : nested
}
