import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { type Answer, send } from '../client/send.ts'

type KeyKind = 'ed25519' | 'rsa' | 'ec'
export type AttributeValue = string | number | string[] | number[]
/** The `provides` of a device: at least these two. */
export type Provides = { artifact_name: string; device_type: string; [key: string]: string }
/** The three versions of the poll that clients have used over the years. */
export type NextCall = 'get' | 'post' | 'post_v2'

/** A device as the server sees it: a key, a token and HTTP requests. */
export type SimulatedDevice = {
  readonly identity: Record<string, string>
  readonly pubkey: string
  /** The token of the last successful authentication request. */
  token: string | undefined
  /** The ID of the device on the server, once it has a token. */
  readonly id: string
  requestAuth(): Promise<Answer>
  sendInventory(attributes: Record<string, AttributeValue>): Promise<Answer>
  next(provides: Provides, call?: NextCall): Promise<Answer>
  report(deployment_id: string, status: string, substate?: string): Promise<Answer>
  sendLog(deployment_id: string, lines: string[]): Promise<Answer>
  /** Reports the configuration that it is to have, as if it had that now. */
  reportConfiguration(): Promise<Answer>
  /** `range` as in the header: `bytes=0-99`. */
  download(uri: string, range?: string): Promise<Answer>
}

export type DeviceOptions = {
  url: string
  tenant_token?: string
  identity: Record<string, string>
  key?: KeyKind
}

export function simulateDevice({ url, tenant_token, identity, key = 'ed25519' }: DeviceOptions): SimulatedDevice {
  const keys = generateKeys(key)
  const pubkey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const deployments = `${url}/api/devices/v1/deployments/device/deployments`
  const configuration = `${url}/api/devices/v1/deviceconfig/configuration`
  const call = (method: string, path: string, body?: unknown) =>
    send(path, {
      method,
      body,
      insecure: true,
      headers: device.token ? { authorization: `Bearer ${device.token}` } : {},
    })

  const device: SimulatedDevice = {
    identity,
    pubkey,
    token: undefined,
    get id() {
      return subjectOf(device.token)
    },
    async requestAuth() {
      const body = JSON.stringify({ id_data: JSON.stringify(identity), pubkey, tenant_token })
      const response = await send(`${url}/api/devices/v1/authentication/auth_requests`, {
        method: 'POST',
        body,
        insecure: true,
        headers: { 'x-men-signature': signature(body, keys.privateKey) },
      })
      device.token = response.status === 200 ? response.body : undefined
      return response
    },
    sendInventory: (attributes) =>
      call(
        'PUT',
        `${url}/api/devices/v1/inventory/device/attributes`,
        Object.entries(attributes).map(([name, value]) => ({ name, value })),
      ),
    next(provides, version = 'get') {
      const { artifact_name, device_type } = provides
      if (version === 'get')
        return call('GET', `${deployments}/next?${new URLSearchParams({ artifact_name, device_type })}`)
      if (version === 'post') return call('POST', `${deployments}/next`, provides)
      return call('POST', `${deployments.replace('/v1/', '/v2/')}/next`, {
        device_provides: provides,
        update_control_map: true,
      })
    },
    report: (deployment_id, status, substate) =>
      call('PUT', `${deployments}/${deployment_id}/status`, { status, substate }),
    sendLog: (deployment_id, lines) =>
      call('PUT', `${deployments}/${deployment_id}/log`, {
        messages: lines.map((message) => ({ timestamp: new Date().toISOString(), level: 'error', message })),
      }),
    async reportConfiguration() {
      const wanted = await call('GET', configuration)
      return wanted.status === 200 ? call('PUT', configuration, wanted.body) : wanted
    },
    download: (uri, range) => send(uri, { method: 'GET', insecure: true, headers: range ? { range } : {} }),
  }
  return device
}

function generateKeys(kind: KeyKind) {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  if (kind === 'ec') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return generateKeyPairSync('ed25519')
}

const signature = (body: string, key: KeyObject): string =>
  sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.from(body), key).toString('base64')

function subjectOf(token: string | undefined): string {
  const [, claims] = token?.split('.') ?? []
  if (!claims) throw new Error('The device has no token: it was not accepted, or has not authenticated since.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString()).sub
}
