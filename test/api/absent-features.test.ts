import { describe, expect, test } from 'vitest'
import { useServer } from '../support/fixtures.ts'

const server = useServer()

describe('a feature that Muster does not have', () => {
  test('returns an empty result if the web GUI requests it at every start', async () => {
    const { api } = await server.tenant()
    expect(await api.get('/api/management/v1/deployments/config')).toMatchObject({ status: 200, text: '{}' })
  })

  test.each([
    ['PUT', '/api/management/v1/deployments/config/binary_delta'],
    ['GET', '/api/management/v1/deviceconfig/configurations/device/3f4b1f4e-0000-4000-8000-000000000000'],
    ['PUT', '/api/management/v1/deviceconfig/configurations/device/3f4b1f4e-0000-4000-8000-000000000000'],
    ['POST', '/api/management/v1/deviceconfig/configurations/device/3f4b1f4e-0000-4000-8000-000000000000/deploy'],
    ['GET', '/api/devices/v1/deviceconfig/configuration'],
    ['PUT', '/api/devices/v1/deviceconfig/configuration'],
    ['GET', '/api/devices/v1/deployments/download/configuration/d/t/i?x-men-expire=1&x-men-signature=x'],
    ['GET', '/api/management/v1/deviceconnect/devices/3f4b1f4e-0000-4000-8000-000000000000'],
    ['GET', '/api/management/v1/deviceconnect/devices/3f4b1f4e-0000-4000-8000-000000000000/connect'],
    ['POST', '/api/management/v1/deviceconnect/devices/3f4b1f4e-0000-4000-8000-000000000000/check-update'],
    ['GET', '/api/devices/v1/deviceconnect/connect'],
  ])('is 404 with an explicit message: %s %s', async (method, path) => {
    const { api } = await server.tenant()
    for (const token of [api.token, undefined]) {
      const headers = token ? { authorization: `Bearer ${token}` } : undefined
      const response = await fetch(server.url + path, { method, ...(headers && { headers }) })
      const request_id = response.headers.get('x-men-requestid')
      expect([response.status, await response.json()]).toEqual([
        404,
        { error: 'not found', code: 'not_found', request_id },
      ])
    }
  })

  test('has no deployments: the type configuration finds none, and creating one is rejected', async () => {
    const { api } = await server.tenant()
    const path = '/api/management/v1/deployments/deployments'
    expect(await api.get(`${path}?type=configuration`)).toMatchObject({ status: 200, text: '[]' })
    const created = await api.post(`${path}/configuration/3f4b1f4e-0000-4000-8000-000000000000`, { name: 'x' })
    expect(created).toMatchObject({ status: 404, body: { error: 'not found' } })
  })
})
