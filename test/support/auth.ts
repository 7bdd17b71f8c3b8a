import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { changeTenant } from '../../src/auth/tenants/change-tenant.ts'
import { sql } from '../../src/db/sql.ts'
import { type ApiResponse, openApi } from './api.ts'
import type { TestServer, TestTenant } from './server.ts'

export const AUTH = '/api/devices/v1/authentication/auth_requests'
export const DEVAUTH = '/api/management/v2/devauth'
const NEXT = '/api/devices/v1/deployments/device/deployments/next?artifact_name=a&device_type=t'

export type Keys = { publicKey: KeyObject; privateKey: KeyObject }
export const ed25519 = (): Keys => generateKeyPairSync('ed25519')
export const ec = (namedCurve: string): Keys => generateKeyPairSync('ec', { namedCurve })
export const rsa = (modulusLength: number): Keys => generateKeyPairSync('rsa', { modulusLength })

export const pem = ({ publicKey }: Keys): string => publicKey.export({ type: 'spki', format: 'pem' }).toString()
export const signed = ({ privateKey }: Keys, body: string): string =>
  sign(privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.from(body), privateKey).toString('base64')

export const newIdentity = () => ({ mac: randomUUID() })
export const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

// biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary members
type DeviceJson = any

/** The authentication calls of devices and users of one tenant. */
export function authOf(server: TestServer, tenant: TestTenant) {
  const { api, tenant_id, tenant_token } = tenant
  const paths = {
    device: (id: string) => `${DEVAUTH}/devices/${id}`,
    set: (id: string, set_id: string) => `${DEVAUTH}/devices/${id}/auth/${set_id}`,
  }
  const calls = {
    /** An auth request of a device. The body ends with a newline, as that of the Go client does. */
    ask(keys: Keys, identity: object, members: object = {}): Promise<ApiResponse> {
      const body = `${JSON.stringify({ id_data: JSON.stringify(identity), pubkey: pem(keys), tenant_token, ...members })}\n`
      return openApi(server.url).post(AUTH, body, { 'x-men-signature': signed(keys, body) })
    },
    async devices(query = 'per_page=500'): Promise<DeviceJson[]> {
      const { status, body } = await api.get(`${DEVAUTH}/devices?${query}`)
      expect(status).toBe(200)
      return body
    },
    async deviceWith(identity: object): Promise<DeviceJson> {
      return (await calls.devices()).find((device) => isDeepStrictEqual(device.identity_data, identity))
    },
    setStatus: (id: string, set_id: string, status: string) => api.put(`${paths.set(id, set_id)}/status`, { status }),
    deleteSet: (id: string, set_id: string) => api.delete(paths.set(id, set_id)),
    decommission: (id: string) => api.delete(paths.device(id)),
    preauthorize: (keys: Keys, identity: object, members: object = {}) =>
      api.post(`${DEVAUTH}/devices`, { identity_data: identity, pubkey: pem(keys), ...members }),
    limit: (max_devices: number) => changeTenant(server.env, { tenant_id, max_devices }),
    setTenantStatus: (status: string) =>
      server.env.db.query(sql`update tenants set status = ${status} where tenant_id = ${tenant_id}`),
    /** A pending device. */
    async waiting(keys = ed25519(), identity: object = newIdentity()) {
      expect((await calls.ask(keys, identity)).status).toBe(401)
      const device = await calls.deviceWith(identity)
      return { keys, identity, id: device.id as string, set_id: device.auth_sets[0].id as string }
    },
    /** An accepted device with a token. */
    async admitted() {
      const device = await calls.waiting()
      expect((await calls.setStatus(device.id, device.set_id, 'accepted')).status).toBe(204)
      const response = await calls.ask(device.keys, device.identity)
      expect(response.status).toBe(200)
      return { ...device, token: response.text }
    },
  }
  return calls
}

/** Whether the token authenticates a poll. */
export async function authenticates(server: TestServer, token: string): Promise<boolean> {
  const { status } = await openApi(server.url, token).get(NEXT)
  expect([204, 401]).toContain(status)
  return status === 204
}
