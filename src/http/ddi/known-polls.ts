import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { DeviceActor } from '../../auth/actor.ts'
import { CACHED_DEVICES } from '../../db/memory/cached-devices.ts'
import { NumericCache } from '../../db/memory/numeric-cache.ts'
import { perHistory } from '../../db/memory/per-history.ts'
import { SeenRecently } from '../../db/memory/seen-recently.ts'
import { TwoGenerationCache } from '../../db/memory/two-generation-cache.ts'
import { formatUuid, numbersToUuid, uuidToNumbers } from '../../db/memory/uuid-numbers.ts'
import type { Polling } from '../../ddi/polling.ts'
import type { Versions } from '../../deployments/poll/device-state.ts'
import type { Env } from '../../env.ts'

/** Half of the number of those that are cached as objects, too: of a small fleet all, and an idle poll takes 4 us less. */
const AS_OBJECTS = 25_000

/** A poll of an authenticated device, as the route has answered it. */
export type KnownPoll = {
  device: DeviceActor
  /** Those at which the credential was right: it may no longer be at any other ones. */
  versions: Omit<Versions, 'history'>
  polling: Polling
  /** Whether there was nothing to do. */
  is_idle: boolean
}

/** Number of the tenant, device, auth set, generation of its tokens, versions, and 1 if the poll was idle. */
type Row = [number, ...Four, ...Four, number, number, number, number]
type Four = [number, number, number, number]
const WIDTH = 13
const NO_TENANT = -1

type Tenant = { tenant_id: string; polling: Polling }
type Memory = {
  rows: NumericCache<Row>
  /** Null: forgotten. */
  objects: TwoGenerationCache<KnownPoll | null>
  recent: SeenRecently
  tenants: Tenant[]
  numbers: Map<string, number>
}
const memoryOf = perHistory(
  (): Memory => ({
    // About 300 bytes for each poll.
    rows: new NumericCache<Row>(CACHED_DEVICES, WIDTH),
    ...{ objects: new TwoGenerationCache(AS_OBJECTS), recent: new SeenRecently() },
    ...{ tenants: [], numbers: new Map() },
  }),
)

/** A poll by its path and its credential: by a hash of both, for which nobody can find another text. */
export const keyOf = (path: string, credential: string): string =>
  formatUuid(hash('sha256', `${path}\n${credential}`, 'hex'))

/** Undefined: this process does not remember such a poll. */
export function knownPoll(env: Env, key: string): KnownPoll | undefined {
  const memory = memoryOf(env)
  const known = memory.objects.get(key)
  if (known !== undefined) return known ?? undefined
  const read = readRow(memory, key)
  if (read && memory.recent.note(key)) memory.objects.set(key, read)
  return read
}

function readRow({ rows, tenants }: Memory, key: string): KnownPoll | undefined {
  const row = rows.get({ tenant_id: '', id: key })
  const tenant = row && tenants[row[0]]
  if (!row || !tenant) return undefined
  const [, d0, d1, d2, d3, s0, s1, s2, s3, token_generation, device_version, deployments_version, is_idle] = row
  const device_id = numbersToUuid([d0, d1, d2, d3])
  const auth_set_id = numbersToUuid([s0, s1, s2, s3])
  return {
    device: { tenant_id: tenant.tenant_id, device_id, auth_set_id, token_generation },
    versions: { device_version, deployments_version },
    ...{ polling: tenant.polling, is_idle: is_idle === 1 },
  }
}

export function rememberPoll(env: Env, key: string, poll: KnownPoll & { versions: Versions }): void {
  const { device, versions, is_idle } = poll
  if (env.db.history() !== versions.history) return
  const { rows, objects, tenants, numbers } = memoryOf(env)
  const number = numbers.get(device.tenant_id) ?? tenants.length
  // One object for all devices of the tenant, with which the plan of its quiet hours is kept.
  const known = tenants[number]?.polling
  const polling = known && isDeepStrictEqual(known, poll.polling) ? known : poll.polling
  if (objects.get(key) !== undefined) objects.set(key, { ...poll, polling })
  numbers.set(device.tenant_id, number)
  tenants[number] = { tenant_id: device.tenant_id, polling }
  rows.set({ tenant_id: '', id: key }, [
    ...[number, ...uuidToNumbers(device.device_id), ...uuidToNumbers(device.auth_set_id)],
    ...[device.token_generation, versions.device_version, versions.deployments_version, is_idle ? 1 : 0],
  ] as unknown as Row)
}

/** After its credential was wrong: as of one that was never right, so that wrong ones are limited. */
export function forgetPoll(env: Env, key: string): void {
  const row = [NO_TENANT, ...new Array<number>(WIDTH - 1).fill(0)] as unknown as Row
  const { rows, objects } = memoryOf(env)
  rows.set({ tenant_id: '', id: key }, row)
  objects.set(key, null)
}
