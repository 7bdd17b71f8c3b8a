import { setTimeout as sleep } from 'node:timers/promises'
import { bounded } from '../../client/bounded.ts'
import type { Manager } from '../../client/manager.ts'
import { requireSuccess } from '../../client/server-error.ts'
import type { Fleet } from './fleet.ts'

const DEVICES = '/api/management/v2/devauth/devices'
const PAGE = 500
const AT_ONCE = 8
const EVERY_MS = 1000

type Pending = { id: string; identity_data: { serial?: unknown }; auth_sets: { id: string; status: string }[] }

/** Lets the devices of the load in, and no others, until stopped. */
export async function acceptFleet(manager: Manager, fleet: Fleet, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const accepted = await acceptPage(manager, fleet)
    if (accepted === 0) await sleep(EVERY_MS, undefined, { signal: stop }).catch(() => {})
  }
}

async function acceptPage(manager: Manager, fleet: Fleet): Promise<number> {
  for (let page = 1; ; page++) {
    const answer = requireSuccess(await manager.get(`${DEVICES}?status=pending&per_page=${PAGE}&page=${page}`))
    const pending = answer.body as Pending[]
    const ours = pending.filter(({ identity_data }) => fleet.isOurs(identity_data.serial))
    if (ours.length > 0) {
      await bounded(AT_ONCE, ours, (device) => accept(manager, device))
      return ours.length
    }
    if (pending.length < PAGE) return 0
  }
}

async function accept(manager: Manager, { id, auth_sets }: Pending) {
  const set = auth_sets.find(({ status }) => status === 'pending')
  if (set) requireSuccess(await manager.put(`${DEVICES}/${id}/auth/${set.id}/status`, { status: 'accepted' }))
}
