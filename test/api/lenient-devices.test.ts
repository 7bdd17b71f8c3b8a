import { beforeEach, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { ed25519, pem, signed } from '../support/auth.ts'
import { deploy, poll, reportAll, V1 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { sendBytes, sendRaw } from '../support/raw.ts'
import type { TestTenant } from '../support/server.ts'

const DEPLOYMENTS = '/api/devices/v1/deployments/device/deployments'
const ATTRIBUTES = '/api/devices/v1/inventory/device/attributes'

const server = useServer()
let tenant: TestTenant
let device: SimulatedDevice

beforeEach(async () => {
  tenant = await server.tenant()
  const [enrolled] = await enrol(server, tenant, 1)
  device = enrolled as SimulatedDevice
})

const headers = () => ({ authorization: `Bearer ${device.token}`, 'content-type': 'application/json' })
const send = (method: string, path: string, body: string | Buffer) =>
  sendRaw(server.url, { method, path, headers: headers(), body })

async function attributes(): Promise<Record<string, unknown>> {
  const { body } = await tenant.api.get(`/api/management/v1/inventory/devices/${device.id}`)
  const own = body.attributes.filter(({ scope }: { scope: string }) => scope === 'inventory')
  return Object.fromEntries(own.map(({ name, value }: { name: string; value: unknown }) => [name, value]))
}

describe.each(['PATCH', 'PUT'])('inventory by %s', (method) => {
  test('with characters that cannot be stored is stored with U+FFFD in their place', async () => {
    const body = String.raw`[{"name":"serial","value":"abc\u0000"},{"name":"half","value":["a\ud800","\udc00b","\ud83d\ude00"]},
      {"name":"na\u0000me","value":"\\u0000"},{"name":"other","value":1,"description":"d\u0000"}]`
    expect((await send(method, ATTRIBUTES, body)).status).toBe(200)
    expect(await attributes()).toMatchObject({
      ...{ serial: 'abc\ufffd', half: ['a\ufffd', '\ufffdb', '😀'] },
      ...{ 'na\ufffdme': '\\u0000', other: 1 },
    })
  })

  test('with bytes that are not UTF-8, or with a raw NUL, is stored too', async () => {
    const body = Buffer.from('[{"name":"a","value":"x#y"},{"name":"b","value":"1~"}]', 'latin1')
    body[body.indexOf('#')] = 0xe4
    body[body.indexOf('~')] = 0
    expect((await send(method, ATTRIBUTES, body)).status).toBe(200)
    expect(await attributes()).toMatchObject({ a: 'x\ufffdy', b: '1\ufffd' })
  })
})

test('a tag of a user that cannot be stored is rejected', async () => {
  const path = `/api/management/v1/inventory/devices/${device.id}/tags`
  expect(await tenant.api.patch(path, [{ name: 'a', value: 'b\0' }])).toMatchObject({
    ...{ status: 400, body: { error: expect.stringContaining('NUL character (U+0000)') } },
  })
})

async function failed(): Promise<string> {
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const id = await deploy(tenant.api, { devices: [device.id] })
  await poll(device)
  await reportAll([device], id, 'downloading')
  return id
}
const logOf = async (id: string) => (await tenant.api.get(`${V1}/${id}/devices/${device.id}/log`)).text

test('a status whose substate cannot be stored is counted', async () => {
  const id = await failed()
  const report = String.raw`{"status":"installing","substate":"script \u0000 \ud800"}`
  expect((await send('PUT', `${DEPLOYMENTS}/${id}/status`, report)).status).toBe(204)
  const { body } = await tenant.api.get(`${V1}/${id}/devices`)
  expect(body).toMatchObject([{ status: 'installing', substate: 'script \ufffd \ufffd' }])
})

test('a poll with provides that cannot be stored is answered', async () => {
  const provides = String.raw`{"artifact_name":"r","device_type":"qemux86-64","serial":"a\u0000"}`
  expect((await send('POST', `${DEPLOYMENTS}/next`, provides)).status).toBe(204)
})

describe('a log', () => {
  const line = (message: string) => JSON.stringify({ timestamp: '2026-01-01T00:00:00Z', level: 'error', message })
  const shown = (...messages: string[]) => messages.map((one) => `2026-01-01T00:00:00Z error: ${one}\n`).join('')

  test('with characters that cannot be stored is stored with U+FFFD in their place', async () => {
    const id = await failed()
    const body = `{"messages":[${line('first')},${line('a\0b\ud800')}]}`
    expect((await send('PUT', `${DEPLOYMENTS}/${id}/log`, body)).status).toBe(204)
    expect(await logOf(id)).toBe(shown('first', 'a\ufffdb\ufffd'))
  })

  test.each([
    ['between two messages', (text: string) => text.lastIndexOf(',{')],
    ['in a message', (text: string) => text.lastIndexOf('third')],
    ['at its end', (text: string) => text.lastIndexOf(']')],
  ])('whose JSON is cut off %s is stored with its complete messages', async (where, cut) => {
    const id = await failed()
    const text = `{"messages":[${line('first')},${line('second')},${line('third')}]}`
    expect((await send('PUT', `${DEPLOYMENTS}/${id}/log`, text.slice(0, cut(text)))).status).toBe(204)
    const messages = ['first', 'second', 'third'].slice(0, where === 'at its end' ? 3 : 2)
    expect(await logOf(id)).toBe(shown(...messages))
  })

  test('that is longer than its Content-Length is stored up to there, with the status 204', async () => {
    const id = await failed()
    const announced = `{"messages":[${line('first')},${line('second')},{"times`
    const request = [
      ...[`PUT ${DEPLOYMENTS}/${id}/log HTTP/1.1`, 'Host: muster', 'Content-Type: application/json'],
      ...[`Authorization: Bearer ${device.token}`, `Content-Length: ${announced.length}`, '', announced],
    ].join('\r\n')
    const { head } = await sendBytes(server.url, `${request}tamp":"2026-01-01T00:00:00Z","message":"third"}]}\r\n`)
    expect(head).toMatch(/^HTTP\/1.1 204 /)
    expect(await logOf(id)).toBe(shown('first', 'second'))
  })

  test('that is too long is stored with its beginning and its end', async () => {
    const id = await failed()
    const messages = Array.from({ length: 40_000 }, (_, i) => line(`${i} ${'x'.repeat(60)}`))
    expect((await send('PUT', `${DEPLOYMENTS}/${id}/log`, `{"messages":[${messages}]}`)).status).toBe(204)
    const lines = (await logOf(id)).split('\n')
    expect(lines[0]).toContain('error: 0 x')
    expect(lines.at(-2)).toContain('error: 39999 x')
    expect(lines.filter((one) => one.includes('left out'))).toHaveLength(1)
  })

  test('without any complete message is rejected, whatever else it contains', async () => {
    const id = await failed()
    for (const [body, status] of [
      ['{"messages":[]}', 400],
      ['{"messages":[{"timestamp":"t","le', 400],
      ['{"messages":[{"level":"l"}]}', 400],
      ['', 400],
      [JSON.stringify({ messages: 'x'.repeat(2 ** 20) }), 413],
    ] as const)
      expect([body.slice(0, 50), (await send('PUT', `${DEPLOYMENTS}/${id}/log`, body)).status]).toEqual([
        ...[body.slice(0, 50), status],
      ])
  })
})

test.each([
  ['"serial":"abc\\u0000"', 'a NUL character (U+0000), as texts of a device tree do at their end'],
  ['"serial":"abc\\ud800"', 'half a surrogate pair'],
  ['"serial":1e999', 'a number is too large'],
])('an identity with %s is rejected with the actual reason', async (member, reason) => {
  const keys = ed25519()
  const { tenant_token } = tenant
  const body = JSON.stringify({ id_data: `{"mac":"1",${member}}`, pubkey: pem(keys), tenant_token })
  const response = await sendRaw(server.url, {
    ...{ method: 'POST', path: '/api/devices/v1/authentication/auth_requests', body },
    headers: { 'content-type': 'application/json', 'x-men-signature': signed(keys, body) },
  })
  expect(response).toMatchObject({ status: 400, body: { error: expect.stringContaining(reason) } })
  expect(response.body.error).toMatch(/^invalid auth request: id_data /)
})
