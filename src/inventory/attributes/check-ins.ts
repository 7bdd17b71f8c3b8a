import type { DeviceActor } from '../../auth/actor.ts'
import { NumericCache } from '../../db/memory/numeric-cache.ts'
import { perEnv } from '../../db/memory/per-object.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'

/** Devices in one statement: their rows are locked for as long as it takes. */
const CHUNK_SIZE = 1000

/** What is stored may be older than what was seen by this: devices that ask every five minutes cause half of the writes. */
const PRECISION_MS = 10 * 60_000

/** When devices were seen last, in milliseconds, by tenant and id: what is not yet written down. */
type PendingCheckIns = Map<string, Map<string, number>>
const pendingOf = perEnv((): PendingCheckIns => new Map())

type Device = Pick<DeviceActor, 'tenant_id' | 'device_id'>
type CheckIn = Device & { at: number }

/** Half of the devices remembered; each takes about 50 bytes. */
const CACHE_SIZE = 500_000
/** What this process wrote down, by device. */
const savedOf = perEnv(() => new NumericCache<[at: number]>(CACHE_SIZE, 1))

/** Notes in memory that a device was here just now: a write at every poll would cost more than the poll. */
export function recordCheckIn(env: Env, device: Device): void {
  const at = env.now().getTime()
  const saved = savedOf(env).get({ tenant_id: device.tenant_id, id: device.device_id })
  if (saved && at - saved[0] < PRECISION_MS) return
  addPending(env, device, at)
}

function addPending(env: Env, { tenant_id, device_id }: Device, at: number) {
  const seen = pendingOf(env)
  const devices = seen.get(tenant_id) ?? new Map<string, number>()
  seen.set(tenant_id, devices)
  devices.set(device_id, Math.max(at, devices.get(device_id) ?? 0))
}

/** Writes down what was noted; what cannot be written now stays noted. Every few seconds, and before a server ends. */
export async function saveCheckIns(env: Env): Promise<void> {
  const seen = pendingOf(env)
  const pieces = inChunks(new Map(seen))
  seen.clear()
  const saved = savedOf(env)
  for (const piece of pieces)
    try {
      for (const row of await saveChunk(env, piece))
        saved.set({ tenant_id: row.tenant_id, id: row.device_id }, [row.at])
    } catch (error) {
      for (const some of [piece, ...pieces]) for (const row of some) addPending(env, row, row.at)
      throw error
    }
}

/** One after the other: all of a large fleet at once would hold up those who poll meanwhile. */
function* inChunks(seen: PendingCheckIns): Generator<CheckIn[]> {
  let piece: CheckIn[] = []
  for (const [tenant_id, devices] of seen)
    for (const [device_id, at] of devices) {
      piece.push({ tenant_id, device_id, at })
      if (piece.length < CHUNK_SIZE) continue
      yield piece
      piece = []
    }
  if (piece.length > 0) yield piece
}

/** What it wrote. Another process may have seen the device later. Where two wait for each other, one begins again. */
async function saveChunk(env: Env, seen: readonly CheckIn[]): Promise<CheckIn[]> {
  const rows = [...seen].sort((a, b) => (a.device_id < b.device_id ? -1 : 1))
  const written = await env.db.transaction((tx) =>
    tx.query<Device & { at: string }>(sql`
      update devices d set check_in_time = greatest(d.check_in_time, seen.at)
      from unnest(${rows.map(({ tenant_id }) => tenant_id)}::text[], ${rows.map(({ device_id }) => device_id)}::text[], ${rows.map(({ at }) => iso(at))}::timestamptz[],
        ${rows.map(({ at }) => iso(at - PRECISION_MS))}::timestamptz[])
        with ordinality as seen (tenant_id, device_id, at, stale, ordinality)
      where d.tenant_id = seen.tenant_id and d.id = seen.device_id
        and (d.check_in_time is null or d.check_in_time <= seen.stale)
      returning d.tenant_id, d.id as device_id, d.check_in_time as at`),
  )
  return written.map(({ at, ...device }) => ({ ...device, at: Date.parse(at) }))
}

const iso = (at: number): string => new Date(at).toISOString()
