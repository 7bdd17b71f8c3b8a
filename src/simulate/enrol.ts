import { bounded } from '../client/bounded.ts'
import type { AttributeValue, SimulatedDevice } from './simulated-device.ts'

// biome-ignore lint/suspicious/noExplicitAny: the caller knows the type of the body
type Response = { status: number; body: any }

/** Requests with the token of a user. */
export type Manager = {
  get(path: string): Promise<Response>
  put(path: string, body?: unknown): Promise<Response>
}

const CONCURRENCY = 32
const PAGE = 500
const SWEEPS = 3
const DEVAUTH = '/api/management/v2/devauth/devices'

/** Accepts devices: they request authentication, are accepted, authenticate and send their inventory. */
export async function enrolDevices(
  manager: Manager,
  devices: readonly SimulatedDevice[],
  attributesOf: (index: number) => Record<string, AttributeValue>,
): Promise<void> {
  await bounded(CONCURRENCY, devices, async (device) =>
    expectStatus(401, await device.requestAuth(), 'the first request'),
  )
  const pending = await findPending(manager, devices)
  await bounded(CONCURRENCY, devices, async (device, i) => {
    expectStatus(204, await manager.put(pending.get(keyOf(device)) ?? '', { status: 'accepted' }), 'accepting')
    expectStatus(200, await device.requestAuth(), 'the request after acceptance')
    expectStatus(200, await device.sendInventory(attributesOf(i)), 'the inventory')
  })
}

/** The paths of the status of each device's pending auth set, by public key. */
async function findPending(manager: Manager, devices: readonly SimulatedDevice[]): Promise<Map<string, string>> {
  const paths = new Map<string, string>()
  // Pages shift while other users accept devices: another sweep finds what this one missed.
  for (let sweep = 1; sweep <= SWEEPS; sweep++) {
    for (let page = 1, more = true; more; page++) {
      const response = await manager.get(`${DEVAUTH}?status=pending&per_page=${PAGE}&page=${page}`)
      expectStatus(200, response, 'the list of pending devices')
      for (const { id, auth_sets } of response.body)
        for (const set of auth_sets) paths.set(set.pubkey.trim(), `${DEVAUTH}/${id}/auth/${set.id}/status`)
      more = response.body.length === PAGE
    }
    if (devices.every((device) => paths.has(keyOf(device)))) return paths
  }
  throw new Error('The list of pending devices is incomplete.')
}

const keyOf = ({ pubkey }: SimulatedDevice): string => pubkey.trim()

function expectStatus(expected: number, { status, body }: Response, what: string) {
  if (status !== expected)
    throw new Error(`${what} returned status ${status} instead of ${expected}: ${JSON.stringify(body)}`)
}
