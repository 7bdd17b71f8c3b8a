import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readUnverified } from '../../src/auth/devices/unverified-token.ts'
import { TOKEN_LIFETIME_S } from '../../src/auth/token.ts'
import { sql } from '../../src/db/sql.ts'
import { idleToken } from '../../src/deployments/poll/idle-devices.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { enrol } from '../support/device.ts'
import { sendRaw } from '../support/raw.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'

const NEXT = '/api/devices/v1/deployments/device/deployments/next?artifact_name=release-0&device_type=qemux86-64'

let server: TestServer
let tenant: TestTenant
let device: SimulatedDevice
let other: SimulatedDevice

// Of its own: its clock is advanced.
beforeAll(async () => {
  server = await startServer({ is_single: true })
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(async () => {
  tenant = await server.tenant()
  ;[device, other] = (await enrol(server, tenant, 2)) as [SimulatedDevice, SimulatedDevice]
})

const poll = async (token: string | undefined, scheme = 'Bearer') =>
  (await sendRaw(server.url, { method: 'GET', path: NEXT, headers: { authorization: `${scheme} ${token}` } })).status
const isKnown = (token = ''): boolean => {
  const unverified = readUnverified(`Bearer ${token}`)
  return unverified !== undefined && idleToken(server.env, unverified) !== undefined
}
/** Polls until the token is known: on a cluster not before the last change of the device has settled. */
async function becomeKnown({ token }: SimulatedDevice) {
  const pollOnce = async () => {
    expect(await poll(token)).toBe(204)
    return isKnown(token)
  }
  await expect.poll(pollOnce).toBe(true)
}

describe('a token that is known not to need verification', () => {
  test('is refused if any of it is changed', async () => {
    await becomeKnown(device)
    const token = device.token ?? ''
    for (let at = 0; at < token.length; at += 3) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      expect([at, isKnown(changed), await poll(changed)]).toEqual([at, false, 401])
    }
    for (const changed of [token.slice(0, -1), `${token}A`, `${token}.`, token.toLowerCase()])
      expect([isKnown(changed), await poll(changed)]).toEqual([false, 401])
    expect(await poll(token)).toBe(204)
  })

  test('is refused with the signature of another device, whose token is known too', async () => {
    await becomeKnown(device)
    await becomeKnown(other)
    const [header, claims] = (device.token ?? '').split('.')
    expect(await poll(`${header}.${claims}.${other.token?.split('.')[2]}`)).toBe(401)
  })

  test('may be sent in another form, and the next one of the device takes its place', async () => {
    await becomeKnown(device)
    expect(await poll(device.token, 'bearer')).toBe(204)
    const { token } = device
    server.advance(2000)
    await device.requestAuth()
    expect(device.token).not.toBe(token)
    for (const one of [device.token, token, device.token]) {
      for (let i = 0; i < 3; i++) expect(await poll(one)).toBe(204)
      expect(isKnown(one)).toBe(true)
    }
  })

  test('is refused once it expires', async () => {
    await becomeKnown(device)
    server.advance((TOKEN_LIFETIME_S - 60) * 1000)
    expect(await poll(device.token)).toBe(204)
    server.advance(60_000)
    expect(isKnown(device.token)).toBe(true)
    expect(await poll(device.token)).toBe(401)
  })

  test('still notes when its device was seen last', async () => {
    const seen = async () => {
      await server.saveCheckIns()
      const row = await server.env.db.first<{ at: string }>(
        sql`select at from check_ins where device_id = ${device.id}`,
      )
      return Date.parse(row?.at ?? '')
    }
    await becomeKnown(device)
    const first = await seen()
    await becomeKnown(device)
    server.advance(9 * 60_000)
    await becomeKnown(device)
    expect(await seen()).toBe(first)
    server.advance(2 * 60_000)
    await becomeKnown(device)
    expect(await seen()).toBeGreaterThanOrEqual(first + 11 * 60_000)
  })

  test('is verified again after the device was invalidated, and known again after that', async () => {
    await becomeKnown(device)
    const tags = `/api/management/v1/inventory/devices/${device.id}/tags`
    expect((await tenant.api.put(tags, [{ name: 'place', value: 'roof' }])).status).toBe(200)
    const isKnownAfterAPoll = async () => (await poll(other.token)) === 204 && isKnown(device.token)
    await expect.poll(isKnownAfterAPoll).toBe(false)
    await becomeKnown(device)
  })
})
