import type { DeviceActor } from '../../auth/actor.ts'
import { CACHED_DEVICES } from '../../db/memory/cached-devices.ts'
import { NumericCache } from '../../db/memory/numeric-cache.ts'
import { perHistory } from '../../db/memory/per-history.ts'
import { perEnv } from '../../db/memory/per-object.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'

/** Devices per statement, which locks their rows for as long as it takes. */
const CHUNK_SIZE = 1000

/**
 * A stored check-in may be older than the last one by this: devices that poll every five minutes cause half of the
 * writes.
 */
export const PRECISION_MS = 10 * 60_000

/** Check-ins that are not stored yet, in milliseconds, by tenant and device. */
type PendingCheckIns = Map<string, Map<string, number>>
const pendingOf = perEnv((): PendingCheckIns => new Map())

type Device = Pick<DeviceActor, 'tenant_id' | 'device_id'>
type CheckIn = Device & { at: number }

/** The check-ins that this process stored, by device: about 70 bytes for each. */
const storedOf = perHistory(() => new NumericCache<[at: number]>(CACHED_DEVICES, 1))

/** How often check-ins are stored: a crash loses those since the last time. */
export const SAVE_INTERVAL_MS = 10_000

/**
 * Records a check-in in memory: a write per poll would cost more than the poll. Returns from when on the next one is to
 * be recorded, in milliseconds: the one that is recorded is stored before that, or is recent enough.
 */
export function recordCheckIn(env: Env, device: Device): number {
  const at = env.now().getTime()
  const stored = storedOf(env).get({ tenant_id: device.tenant_id, id: device.device_id })
  if (stored && at - stored[0] < PRECISION_MS) return stored[0] + PRECISION_MS
  addPending(env, device, at)
  return at + SAVE_INTERVAL_MS
}

function addPending(env: Env, { tenant_id, device_id }: Device, at: number) {
  const pending = pendingOf(env)
  const devices = pending.get(tenant_id) ?? new Map<string, number>()
  pending.set(tenant_id, devices)
  devices.set(device_id, Math.max(at, devices.get(device_id) ?? 0))
}

/** Stores the pending check-ins; those that cannot be stored stay pending. Runs every few seconds, and at shutdown. */
export async function saveCheckIns(env: Env): Promise<void> {
  const pending = pendingOf(env)
  const chunks = inChunks(new Map(pending))
  pending.clear()
  const stored = storedOf(env)
  for (const chunk of chunks)
    try {
      for (const { tenant_id, device_id, at } of await saveChunk(env, chunk))
        stored.set({ tenant_id, id: device_id }, [at])
    } catch (error) {
      for (const unsaved of [chunk, ...chunks]) for (const checkIn of unsaved) addPending(env, checkIn, checkIn.at)
      throw error
    }
}

/** Chunks are saved one after the other: one statement for a large fleet would delay concurrent polls. */
function* inChunks(pending: PendingCheckIns): Generator<CheckIn[]> {
  let chunk: CheckIn[] = []
  for (const [tenant_id, devices] of pending)
    for (const [device_id, at] of devices) {
      chunk.push({ tenant_id, device_id, at })
      if (chunk.length < CHUNK_SIZE) continue
      yield chunk
      chunk = []
    }
  if (chunk.length > 0) yield chunk
}

/**
 * Returns the check-ins that it stored. Another process may have stored a later one. Of two transactions that deadlock,
 * one is retried.
 */
async function saveChunk(env: Env, checkIns: readonly CheckIn[]): Promise<CheckIn[]> {
  const sorted = [...checkIns].sort((a, b) => (a.device_id < b.device_id ? -1 : 1))
  const tenants = sorted.map(({ tenant_id }) => tenant_id)
  const devices = sorted.map(({ device_id }) => device_id)
  const times = sorted.map(({ at }) => isoText(at))
  const outdated = sorted.map(({ at }) => isoText(at - PRECISION_MS))
  const rows = await env.db.transaction((tx) =>
    tx.query<Device & { at: string }>(sql`
      update devices d set check_in_time = greatest(d.check_in_time, c.at)
      from unnest(${tenants}::text[], ${devices}::text[], ${times}::timestamptz[], ${outdated}::timestamptz[])
        with ordinality as c (tenant_id, device_id, at, outdated, ordinality)
      where d.tenant_id = c.tenant_id and d.id = c.device_id
        and (d.check_in_time is null or d.check_in_time <= c.outdated)
      returning d.tenant_id, d.id as device_id, d.check_in_time as at`),
  )
  return rows.map(({ at, ...device }) => ({ ...device, at: Date.parse(at) }))
}

const isoText = (at: number): string => new Date(at).toISOString()
