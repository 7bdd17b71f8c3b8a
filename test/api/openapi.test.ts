import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, expect, test } from 'vitest'
import { EXAMPLES } from '../../src/http/document/examples.ts'
import { openApi } from '../support/api.ts'
import { readDocument, readPaths } from '../support/document.ts'
import { useServer } from '../support/fixtures.ts'
import { sendRaw } from '../support/raw.ts'

// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document
type Operation = any

const server = useServer()
let operations: { name: string; operation: Operation }[]
beforeAll(async () => {
  operations = Object.entries(await readPaths(openApi(server.url))).flatMap(([path, methods]) =>
    Object.entries<Operation>(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )
})

const jsonBody = ({ requestBody }: Operation) => requestBody?.content['application/json']?.schema

const isDdi = ({ security = [] }: Operation) => security.some((scheme: object) => 'ddi' in scheme)
const isAuthenticated = (operation: Operation) => !operation.security || isDdi(operation)
const isForUsers = ({ name, operation }: (typeof operations)[number]) =>
  !operation.security && name.includes(' /api/management/')

test('every operation documents its errors: malformed requests, missing permission, malformed bodies', () => {
  for (const one of operations) {
    const { name, operation } = one
    const statuses = Object.keys(operation.responses)
    expect([name, statuses]).toEqual([name, expect.arrayContaining(['400', '408', '417', '431'])])
    if (name !== 'GET /health') expect(statuses).toContain('503')
    if (isAuthenticated(operation)) expect([name, statuses]).toEqual([name, expect.arrayContaining(['401'])])
    const isFile = /\/deployments\/(artifacts|download)\//.test(name)
    const isForDevices = name.includes(' /api/devices/') && !isFile
    if (isForDevices || isDdi(operation)) expect([name, statuses]).toEqual([name, expect.arrayContaining(['429'])])
    expect([name, statuses.includes('414')]).toEqual([name, name.includes('{')])
    expect([name, !operation.security && statuses.includes('403')]).toEqual([name, isForUsers(one)])
    if (operation.requestBody) expect([name, statuses]).toEqual([name, expect.arrayContaining(['413', '415'])])
  }
})

test('operations of devices that speak DDI, and only these, authenticate by its tokens', () => {
  const paths = operations.filter(({ operation }) => isDdi(operation)).map(({ name }) => name.split(' ')[1])
  const all = operations.map(({ name }) => name.split(' ')[1]).filter((path) => path?.includes('/controller/v1/'))
  expect(paths).toEqual(all)
  expect(all.length).toBeGreaterThan(9)
})

const of = (name: string): Operation => operations.find((one) => one.name === name)?.operation
const mediaOf = (name: string, status: number) => Object.keys(of(name).responses[status].content)
const M = '/api/management'
const CONTROLLER = '/{tenant}/controller/v1/{controllerId}'

test('responses and bodies that are not JSON have a content type, and their errors are JSON', () => {
  for (const [name, type] of [
    [`POST ${M}/v1/useradm/settings/tokens`, 'application/jwt'],
    [`POST ${M}/v1/useradm/auth/login`, 'application/jwt'],
    ['POST /api/devices/v1/authentication/auth_requests', 'application/jwt'],
    [`GET ${M}/v1/auditlogs/logs/export`, 'text/csv'],
    [`GET ${M}/v2/deployments/events`, 'text/event-stream'],
    [`GET ${M}/v1/deployments/deployments/{id}/devices/{device}/log`, 'text/plain'],
    ['GET /api/devices/v1/deployments/artifacts/{tenant_id}/{id}/{file}', 'application/vnd.mender-artifact'],
    [`GET ${CONTROLLER}`, 'application/hal+json'],
    [`GET ${CONTROLLER}/softwaremodules/{id}/artifacts/{file}`, 'application/octet-stream'],
  ] as const) {
    expect([name, mediaOf(name, 200)]).toEqual([name, expect.arrayContaining([type])])
    expect([name, mediaOf(name, 400)]).toEqual([name, ['application/json']])
  }
  const bodyOf = (name: string) => of(name).requestBody
  expect(bodyOf(`POST ${M}/v1/deployments/artifacts`)).toMatchObject({
    content: { 'multipart/form-data': { schema: { required: ['artifact'] } } },
  })
  expect(bodyOf(`POST ${M}/v1/useradm/auth/login`)).toMatchObject({
    required: false,
    content: { 'application/json': { schema: { properties: { no_expiry: {}, token2fa: {} } } } },
  })
})

test('parameters have limits, and request headers are documented', () => {
  const parameter = (name: string, of_name: string) =>
    of(name).parameters.find((one: Operation) => one.name === of_name)
  for (const { name, operation } of operations)
    for (const { name: of_name, schema } of operation.parameters ?? [])
      if (of_name === 'per_page')
        expect([name, schema]).toEqual([
          name,
          { type: 'integer', minimum: 1, maximum: expect.any(Number), default: expect.any(Number) },
        ])
  expect(parameter(`GET ${M}/v1/inventory/devices`, 'per_page').schema).toMatchObject({ maximum: 500, default: 20 })
  expect(parameter(`GET ${M}/v1/deployments/deployments/devices/{device}`, 'per_page').schema.maximum).toBe(20)
  for (const name of [
    `PUT ${M}/v1/useradm/users/{id}`,
    `POST ${M}/v1/useradm/settings`,
    `PUT ${M}/v1/inventory/devices/{id}/tags`,
  ])
    expect([name, parameter(name, 'if-match')]).toMatchObject([name, { in: 'header' }])
})

test('requests that are rejected before the routes match the document', async () => {
  const problemsOf = await readDocument(openApi(server.url))
  const route = { method: 'GET', path: `${M}/v1/useradm/users/me` }
  for (const [headers, status] of [
    [{ expect: 'miracles' }, 417],
    [{ 'x-long': 'x'.repeat(20_000) }, 431],
  ] as const) {
    const { headers: rawHeaders, ...rest } = await sendRaw(server.url, { ...route, headers })
    const response = { ...rest, headers: new Headers(rawHeaders as Record<string, string>) }
    expect([response.status, problemsOf(route, response)]).toEqual([status, []])
  }
})

test('every JSON body has an example that its schema accepts, and every example is used', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const withBody = operations.filter(({ operation }) => jsonBody(operation))
  for (const { name, operation } of withBody) {
    const { schema, example } = operation.requestBody.content['application/json']
    expect([name, example]).toEqual([name, EXAMPLES[name]])
    expect([name, ajv.validate(schema, example), ajv.errors]).toEqual([name, true, null])
  }
  expect(Object.keys(EXAMPLES).sort()).toEqual(withBody.map(({ name }) => name).sort())
})
