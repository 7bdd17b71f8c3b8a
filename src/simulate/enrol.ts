import { bounded } from '../client/bounded.ts'
import type { AttributeValue, SimulatedDevice } from './simulated-device.ts'

// biome-ignore lint/suspicious/noExplicitAny: whoever asks knows what comes
type Told = { status: number; body: any }

/** A signed-in user's calls. */
export type Manager = {
  get(path: string): Promise<Told>
  put(path: string, body?: unknown): Promise<Told>
}

const AT_ONCE = 32
const PAGE = 500
const SWEEPS = 3
const DEVAUTH = '/api/management/v2/devauth/devices'

/** Lets devices in as an operator would: they ask, are accepted, ask again, and tell their inventory. */
export async function enrolDevices(
  manager: Manager,
  devices: readonly SimulatedDevice[],
  attributesOf: (index: number) => Record<string, AttributeValue>,
): Promise<void> {
  await bounded(AT_ONCE, devices, async (device) => expectStatus(401, await device.requestAuth(), 'the first request'))
  const pending = await findPending(manager, devices)
  await bounded(AT_ONCE, devices, async (device, i) => {
    expectStatus(204, await manager.put(pending.get(keyOf(device)) ?? '', { status: 'accepted' }), 'accepting')
    expectStatus(200, await device.requestAuth(), 'the request after acceptance')
    expectStatus(200, await device.sendInventory(attributesOf(i)), 'the inventory')
  })
}

/** The paths that say the status of each device's pending auth set. */
async function findPending(manager: Manager, devices: readonly SimulatedDevice[]): Promise<Map<string, string>> {
  const paths = new Map<string, string>()
  // Pages shift while others accept devices: what one sweep missed, the next finds.
  for (let sweep = 1; sweep <= SWEEPS; sweep++) {
    for (let page = 1, more = true; more; page++) {
      const answer = await manager.get(`${DEVAUTH}?status=pending&per_page=${PAGE}&page=${page}`)
      expectStatus(200, answer, 'the list of pending devices')
      for (const { id, auth_sets } of answer.body)
        for (const set of auth_sets) paths.set(set.pubkey.trim(), `${DEVAUTH}/${id}/auth/${set.id}/status`)
      more = answer.body.length === PAGE
    }
    if (devices.every((device) => paths.has(keyOf(device)))) return paths
  }
  throw new Error('Not every device that asked is in the list of pending devices.')
}

const keyOf = ({ pubkey }: SimulatedDevice): string => pubkey.trim()

function expectStatus(expected: number, { status, body }: Told, what: string) {
  if (status !== expected) throw new Error(`${what} answered ${status}, not ${expected}: ${JSON.stringify(body)}`)
}
