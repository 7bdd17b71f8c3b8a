import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../../client/send.ts'
import type { Fleet } from './fleet.ts'

export type Behaviour = {
  device_type: string
  tenant_token: string
  /** Reported beside `device_type` and `artifact_name`. */
  attributes: Readonly<{ [name: string]: string }>
  /** Every so many turns the inventory is sent. */
  inventory_every: number
  /** How often an installation fails. */
  failure_rate: number
  step_ms: number
}

type Message = { method: string; path: string; token?: string | undefined; body?: unknown; signature?: string }
/** Sends, once there is a free connection, and keeps the time; undefined: no answer. */
export type Ask = (kind: string, message: Message, welcome: readonly number[]) => Promise<Answer | undefined>

const INVENTORY = '/api/devices/v1/inventory/device/attributes'
const NEXT = '/api/devices/v2/deployments/device/deployments/next'
const DEPLOYMENTS = '/api/devices/v1/deployments/device/deployments'
const LOG = ['starting the installation', 'the payload could not be written: no space left on device']

/** What a device does when it is its turn: it asks to be let in, or tells its inventory now and then, and polls. */
export async function takeTurn(ask: Ask, fleet: Fleet, index: number, turn: number, behaviour: Behaviour) {
  if (fleet.installing.has(index)) return
  const isNew = fleet.token(index) === undefined
  if (isNew && !(await askToBeLetIn(ask, fleet, index, behaviour))) return
  if (isNew || (turn + index) % behaviour.inventory_every === 0) await tellInventory(ask, fleet, index, behaviour)
  const device_provides = { device_type: behaviour.device_type, artifact_name: fleet.release(index) }
  const next = { method: 'POST', path: NEXT, token: fleet.token(index), body: { device_provides } }
  const answer = await ask('poll', next, [200, 204])
  if (answer?.status === 401) fleet.setToken(index, undefined)
  if (answer?.status !== 200) return
  fleet.installing.add(index)
  await install(ask, fleet, index, { offer: answer.body, behaviour }).finally(() => fleet.installing.delete(index))
}

async function askToBeLetIn(ask: Ask, fleet: Fleet, index: number, { tenant_token }: Behaviour): Promise<boolean> {
  const request = fleet.authRequest(index, tenant_token)
  const path = '/api/devices/v1/authentication/auth_requests'
  const answer = await ask('authentication', { method: 'POST', path, ...request }, [200, 401])
  if (answer?.status !== 200) return false
  fleet.setToken(index, answer.body)
  return true
}

async function tellInventory(ask: Ask, fleet: Fleet, index: number, { attributes, device_type }: Behaviour) {
  const all = { ...attributes, device_type, artifact_name: fleet.release(index) }
  const body = Object.entries(all).map(([name, value]) => ({ name, value }))
  await ask('inventory', { method: 'PUT', path: INVENTORY, token: fleet.token(index), body }, [200])
}

type Installation = {
  offer: { id: string; artifact: { artifact_name: string } }
  behaviour: Behaviour
}

/** Reports every step but downloads nothing: that would measure the network. */
async function install(ask: Ask, fleet: Fleet, index: number, { offer, behaviour }: Installation) {
  const token = fleet.token(index)
  const put = (kind: string, path: string, body: object) =>
    ask(kind, { method: 'PUT', path: `${DEPLOYMENTS}/${offer.id}/${path}`, token, body }, [204, 409])
  const outcome = Math.random() < behaviour.failure_rate ? 'failure' : 'success'
  for (const status of ['downloading', 'installing', outcome]) {
    if ((await put('status', 'status', { status }))?.status !== 204) return
    if (status !== outcome) await sleep(behaviour.step_ms, undefined, { ref: false })
  }
  if (outcome === 'success') {
    fleet.setRelease(index, offer.artifact.artifact_name)
    return tellInventory(ask, fleet, index, behaviour)
  }
  const messages = LOG.map((message) => ({ timestamp: new Date().toISOString(), level: 'error', message }))
  await put('log', 'log', { messages })
}
