import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../../client/send.ts'
import { FAILURE_LOG } from '../run-update.ts'
import type { Fleet } from './fleet.ts'

export type Behaviour = {
  device_type: string
  tenant_token: string
  /** ID or name of the tenant, in the URLs of devices that speak DDI. */
  tenant: string
  gateway_token: string
  /** Reported in addition to `device_type` and `artifact_name`. */
  attributes: Readonly<{ [name: string]: string }>
  /** The number of cycles from one inventory report to the next. */
  inventory_every: number
  /** The share of installations that fail. */
  failure_rate: number
  step_ms: number
}

type Message = {
  method: string
  path: string
  authorization?: string | undefined
  body?: unknown
  signature?: string
}
/** Sends a request once a connection is free and records its latency. Returns undefined if there is no response. */
export type SendRequest = (kind: string, message: Message, expected: readonly number[]) => Promise<Answer | undefined>

const INVENTORY = '/api/devices/v1/inventory/device/attributes'
const NEXT = '/api/devices/v2/deployments/device/deployments/next'
const DEPLOYMENTS = '/api/devices/v1/deployments/device/deployments'

/** One cycle of a device: it authenticates if it has no token, sends its inventory every few cycles, and polls. */
export async function runCycle(send: SendRequest, fleet: Fleet, index: number, cycle: number, behaviour: Behaviour) {
  if (fleet.installing.has(index)) return
  const isNew = fleet.token(index) === undefined
  if (isNew && !(await authenticate(send, fleet, index, behaviour))) return
  if (isNew || (cycle + index) % behaviour.inventory_every === 0) await sendInventory(send, fleet, index, behaviour)
  const device_provides = { device_type: behaviour.device_type, artifact_name: fleet.release(index) }
  const next = { method: 'POST', path: NEXT, authorization: bearer(fleet, index), body: { device_provides } }
  const response = await send('poll', next, [200, 204])
  if (response?.status === 401) fleet.setToken(index, undefined)
  if (response?.status !== 200) return
  fleet.installing.add(index)
  await install(send, fleet, index, { offer: response.body, behaviour }).finally(() => fleet.installing.delete(index))
}

const bearer = (fleet: Fleet, index: number): string => `Bearer ${fleet.token(index)}`

async function authenticate(
  send: SendRequest,
  fleet: Fleet,
  index: number,
  { tenant_token }: Behaviour,
): Promise<boolean> {
  const request = fleet.authRequest(index, tenant_token)
  const path = '/api/devices/v1/authentication/auth_requests'
  const response = await send('authentication', { method: 'POST', path, ...request }, [200, 401])
  if (response?.status !== 200) return false
  fleet.setToken(index, response.body)
  return true
}

async function sendInventory(send: SendRequest, fleet: Fleet, index: number, { attributes, device_type }: Behaviour) {
  const all = { ...attributes, device_type, artifact_name: fleet.release(index) }
  const body = Object.entries(all).map(([name, value]) => ({ name, value }))
  await send('inventory', { method: 'PUT', path: INVENTORY, authorization: bearer(fleet, index), body }, [200])
}

type Installation = {
  offer: { id: string; artifact: { artifact_name: string } }
  behaviour: Behaviour
}

/** Reports every step but does not download: that would measure the network. */
async function install(send: SendRequest, fleet: Fleet, index: number, { offer, behaviour }: Installation) {
  const authorization = bearer(fleet, index)
  const put = (kind: string, path: string, body: object) =>
    send(kind, { method: 'PUT', path: `${DEPLOYMENTS}/${offer.id}/${path}`, authorization, body }, [204, 409])
  const outcome = Math.random() < behaviour.failure_rate ? 'failure' : 'success'
  for (const status of ['downloading', 'installing', outcome]) {
    if ((await put('status', 'status', { status }))?.status !== 204) return
    if (status !== outcome) await sleep(behaviour.step_ms, undefined, { ref: false })
  }
  if (outcome === 'success') {
    fleet.setRelease(index, offer.artifact.artifact_name)
    return sendInventory(send, fleet, index, behaviour)
  }
  const messages = FAILURE_LOG.map((message) => ({ timestamp: new Date().toISOString(), level: 'error', message }))
  await put('log', 'log', { messages })
}
