import { setTimeout as sleep } from 'node:timers/promises'
import { bounded } from '../../client/bounded.ts'
import type { Manager } from '../../client/manager.ts'
import { requireSuccess } from '../../client/server-error.ts'
import type { Fleet } from './fleet.ts'

const DEVICES = '/api/management/v2/devauth/devices'
const PAGE = 500
const CONCURRENCY = 8
const INTERVAL_MS = 1000

type Pending = {
  id: string
  identity_data: { serial?: unknown; hawkbit_id?: unknown }
  auth_sets: { id: string; status: string }[]
}

/** Accepts the devices of the load, and no others, until `stop` is aborted. */
export async function acceptFleet(manager: Manager, fleet: Fleet, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const accepted = await acceptPage(manager, fleet)
    if (accepted === 0) await sleep(INTERVAL_MS, undefined, { signal: stop }).catch(() => {})
  }
}

async function acceptPage(manager: Manager, fleet: Fleet): Promise<number> {
  for (let page = 1; ; page++) {
    const response = requireSuccess(await manager.get(`${DEVICES}?status=pending&per_page=${PAGE}&page=${page}`))
    const pending = response.body as Pending[]
    const ours = pending.filter(({ identity_data }) => fleet.isOurs(identity_data.serial ?? identity_data.hawkbit_id))
    if (ours.length > 0) {
      await bounded(CONCURRENCY, ours, (device) => accept(manager, device))
      return ours.length
    }
    if (pending.length < PAGE) return 0
  }
}

async function accept(manager: Manager, { id, auth_sets }: Pending) {
  const set = auth_sets.find(({ status }) => status === 'pending')
  if (set) requireSuccess(await manager.put(`${DEVICES}/${id}/auth/${set.id}/status`, { status: 'accepted' }))
}
