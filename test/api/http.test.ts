import { beforeAll, describe, expect, test } from 'vitest'
import { type Api, openApi } from '../support/api.ts'
import { useServer } from '../support/fixtures.ts'

const server = useServer()
let api: Api
beforeAll(async () => {
  api = openApi(server.url)
})

const LOGIN = '/api/management/v1/useradm/auth/login'
const basic = (email: string, password: string) => ({ authorization: `Basic ${btoa(`${email}:${password}`)}` })

describe('every response', () => {
  test('echoes the request id of the client', async () => {
    const response = await api.get('/nowhere', { 'x-men-requestid': 'my-id' })
    expect(response.headers.get('x-men-requestid')).toBe('my-id')
    expect(response).toMatchObject({
      status: 404,
      body: { error: 'not found', code: 'not_found', request_id: 'my-id' },
    })
  })

  test('is 405 with Allow for a known path and an unknown method, 200 for OPTIONS', async () => {
    const response = await api.delete(LOGIN)
    expect(response).toMatchObject({ status: 405, body: { error: 'method not allowed', code: 'method_not_allowed' } })
    expect(response.headers.get('allow')).toBe('OPTIONS, POST')
    const options = await fetch(server.url + LOGIN, { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([200, 'OPTIONS, POST'])
  })
})

describe('login', () => {
  test('returns a bare token of type application/jwt', async () => {
    const { email, password } = await server.tenant()
    const response = await api.post(LOGIN, '', { 'content-length': '0', ...basic(email.toUpperCase(), password) })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/jwt')
    expect(response.text.split('.')).toHaveLength(3)
    const claims = JSON.parse(atob(response.text.split('.')[1] ?? ''))
    expect(claims).toMatchObject({
      iss: 'mender.useradm',
      scp: 'mender.*',
      'mender.user': true,
      'mender.plan': 'enterprise',
    })
  })

  test('rejects a wrong password and a missing header alike with 401', async () => {
    const { email } = await server.tenant()
    expect(await api.post(LOGIN, undefined, basic(email, 'wrong'))).toMatchObject({
      status: 401,
      body: { error: 'unauthorized', code: 'wrong_credentials' },
    })
    expect(await api.post(LOGIN)).toMatchObject({ status: 401, body: { error: 'invalid or missing auth header' } })
  })

  test.each([
    ['{"a":', 400],
    ['"\\u0000"', 400],
    ['{"\\ud800":1}', 400],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
    ['{"no_expiry":1e999}', 400],
    [JSON.stringify('x'.repeat(2 ** 20)), 413],
  ])('rejects the body %.20s with %i', async (body, status) => {
    const response = await api.post(LOGIN, body)
    expect(response.status).toBe(status)
    expect(response.body.error).toBeTypeOf('string')
  })
})

test('health and readiness need no login', async () => {
  expect(await api.get('/health')).toMatchObject({ status: 200, body: { status: 'alive' } })
  expect(await api.get('/ready')).toMatchObject({ status: 200, body: { status: 'ready' } })
})

test('the OpenAPI document and its page are served', async () => {
  const { body } = await api.get('/api/openapi.json')
  expect(body.openapi).toBe('3.1.0')
  expect(Object.keys(body.paths)).toContain(LOGIN)
  expect((await api.get('/api/docs/')).text).toContain('swagger')
})
