import { describe, expect, test } from 'vitest'
import { useServer } from '../support/fixtures.ts'
import { sendRaw } from '../support/raw.ts'

const server = useServer()

describe('a feature that Muster does not have', () => {
  test('returns an empty result if the web GUI requests it at every start', async () => {
    const { api } = await server.tenant()
    expect(await api.get('/api/management/v1/deployments/config')).toMatchObject({ status: 200, text: '{}' })
  })

  const DEVICE = '3f4b1f4e-0000-4000-8000-000000000000'
  const TERMINAL =
    'Remote terminals, file transfer and port forwarding are not offered: disable mender-connect on the device.'
  const refusals = { not_found: 'not found', not_supported: TERMINAL }

  test.each([
    ['PUT', '/api/management/v1/deployments/config/binary_delta', 'not_found'],
    ['GET', `/api/management/v1/deviceconnect/devices/${DEVICE}`, 'not_supported'],
    ['GET', `/api/management/v1/deviceconnect/devices/${DEVICE}/connect`, 'not_supported'],
    ['POST', `/api/management/v1/deviceconnect/devices/${DEVICE}/check-update`, 'not_supported'],
    ['GET', '/api/devices/v1/deviceconnect/connect', 'not_supported'],
  ] as const)('is 404 with an explicit message: %s %s', async (method, path, code) => {
    const { api } = await server.tenant()
    for (const token of [api.token, undefined]) {
      const headers = token ? { authorization: `Bearer ${token}` } : undefined
      const response = await fetch(server.url + path, { method, ...(headers && { headers }) })
      const request_id = response.headers.get('x-men-requestid')
      expect([response.status, await response.json()]).toEqual([404, { error: refusals[code], code, request_id }])
    }
  })

  // What mender-connect sends. It takes any response but 101 as a failure, and waits ever longer before it tries again.
  test('refuses to become a WebSocket at once, and keeps the connection', async () => {
    const answer = await sendRaw(server.url, {
      ...{ method: 'GET', path: '/api/devices/v1/deviceconnect/connect', body: undefined },
      headers: {
        ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
        ...{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', authorization: 'Bearer a.b.c' },
      },
    })
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_supported' } })
  })
})
