import { setTimeout as sleep } from 'node:timers/promises'
import type { Device } from '../../client/api.ts'
import { bounded } from '../../client/bounded.ts'
import type { Client } from '../../client/client.ts'
import type { Fleet } from './fleet.ts'

const DEVICES = '/api/management/v2/devauth/devices'
const PAGE = 500
const CONCURRENCY = 8
const INTERVAL_MS = 1000

/** Accepts the devices of the load, and no others, until `stop` is aborted. */
export async function acceptFleet(client: Client, fleet: Fleet, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const accepted = await acceptPage(client, fleet)
    if (accepted === 0) await sleep(INTERVAL_MS, undefined, { signal: stop }).catch(() => {})
  }
}

async function acceptPage(client: Client, fleet: Fleet): Promise<number> {
  for (let page = 1; ; page++) {
    const { body: pending } = await client.get(DEVICES, { query: { status: ['pending'], per_page: PAGE, page } })
    const ours = pending.filter(({ identity_data }) => fleet.isOurs(identity_data.serial ?? identity_data.hawkbit_id))
    if (ours.length > 0) {
      await bounded(CONCURRENCY, ours, (device) => accept(client, device))
      return ours.length
    }
    if (pending.length < PAGE) return 0
  }
}

async function accept(client: Client, { id, auth_sets }: Device) {
  const set = auth_sets.find(({ status }) => status === 'pending')
  if (!set) return
  const path = { id, aid: set.id }
  await client.put(`${DEVICES}/{id}/auth/{aid}/status`, { path, body: { status: 'accepted' } })
}
