import { expect, vi } from 'vitest'
import { DEVAUTH } from '../support/auth.ts'
import { V1 } from '../support/deploy.ts'
import type { TestServer, TestTenant } from '../support/server.ts'
import { type MenderClient, startMenderClient } from './mender-client.ts'

const INVENTORY = '/api/management/v1/inventory/devices'
const START = { timeout: 90_000, interval: 500 }

// biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary members
type Json = any
/** `url`: the server URL for the client, if it differs from that of the server. */
type Member = { name: string; inventory: Record<string, string>; url?: string }

/** Real clients, and the server's view of each by its name. */
export type Fleet = AsyncDisposable & {
  clients: MenderClient[]
  client(name: string): MenderClient
  /** Accepts all clients, and resolves when each has reported its inventory. */
  letIn(): Promise<void>
  /** Makes the clients poll for an update now. */
  poll(): void
  id(name: string): string
  attributes(name: string): Promise<Record<string, unknown>>
  /** The device list of a deployment. */
  devicesOf(deployment_id: string): Promise<Record<string, Json>>
  /** The log that the server has of a device; undefined if it has none. */
  serverLog(deployment_id: string, name: string): Promise<string | undefined>
}

type Where = { server: TestServer; tenant: TestTenant; members: readonly Member[] }

export async function startFleet(dir: string, { server, tenant, members }: Where): Promise<Fleet> {
  const { api, tenant_token } = tenant
  const clients = await Promise.all(
    members.map((member) => startMenderClient(dir, { url: server.url, tenant_token, ...member })),
  )
  const ids = new Map<string, string>()

  async function acceptAll() {
    const pending: Json[] = await vi.waitFor(async () => {
      const { body } = await api.get(`${DEVAUTH}/devices?status=pending`)
      expect(body).toHaveLength(clients.length)
      return body
    }, START)
    for (const { id, identity_data, auth_sets } of pending) {
      ids.set(identity_data.mac, id)
      const path = `${DEVAUTH}/devices/${id}/auth/${auth_sets[0].id}/status`
      expect(await api.put(path, { status: 'accepted' })).toMatchObject({ status: 204 })
    }
  }

  async function attributes(name: string) {
    const { body } = await api.get(`${INVENTORY}/${ids.get(name)}`)
    return Object.fromEntries(body.attributes.map((attribute: Json) => [attribute.name, attribute.value]))
  }

  return {
    clients,
    client: (name) => clients.find((one) => one.name === name)!,
    async letIn() {
      await acceptAll()
      for (const { name, inventory } of members) {
        const reported = { ...inventory, artifact_name: 'factory-0', device_type: 'qemux86-64' }
        await vi.waitFor(async () => expect(await attributes(name)).toMatchObject(reported), START)
      }
    },
    poll() {
      for (const client of clients) client.poll()
    },
    id: (name) => ids.get(name) ?? '',
    attributes,
    async devicesOf(deployment_id) {
      const { body } = await api.get(`${V1}/${deployment_id}/devices/list`)
      const names = new Map([...ids].map(([name, id]) => [id, name]))
      return Object.fromEntries(body.map((item: Json) => [names.get(item.id), item]))
    },
    async serverLog(deployment_id, name) {
      const { status, text } = await api.get(`${V1}/${deployment_id}/devices/${ids.get(name)}/log`)
      expect([200, 404]).toContain(status)
      return status === 200 ? text : undefined
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
    },
  }
}
