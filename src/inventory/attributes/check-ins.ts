import type { DeviceActor } from '../../auth/actor.ts'
import type { Db } from '../../db/db.ts'
import { CACHED_DEVICES } from '../../db/memory/cached-devices.ts'
import { NumericCache } from '../../db/memory/numeric-cache.ts'
import { perHistory } from '../../db/memory/per-history.ts'
import { perEnv } from '../../db/memory/per-object.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
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

/** The check-ins that this process knows to be stored, by device: about 70 bytes for each. */
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
 * Returns the check-ins that are stored now: those of the chunk, or recent ones that another process or a report stored.
 * Of two transactions that deadlock, one is retried.
 */
async function saveChunk(env: Env, checkIns: readonly CheckIn[]): Promise<CheckIn[]> {
  const sorted = [...checkIns].sort((a, b) => (a.device_id < b.device_id ? -1 : 1))
  const updated = new Set(await env.db.transaction((tx) => update(tx, sorted)))
  const others = sorted.filter((_, i) => !updated.has(i + 1))
  if (others.length === 0) return sorted
  const recent = await readRecent(env.db, others)
  const inserted = await env.db.transaction((tx) => insertFirst(tx, without(others, recent)))
  return [...sorted.filter((_, i) => updated.has(i + 1)), ...recent, ...inserted]
}

function without(checkIns: readonly CheckIn[], stored: readonly CheckIn[]): CheckIn[] {
  const ids = new Set(stored.map(({ device_id }) => device_id))
  return checkIns.filter(({ device_id }) => !ids.has(device_id))
}

/** Returns the positions, from 1, of those that it stored. */
async function update(db: Db, checkIns: readonly CheckIn[]): Promise<number[]> {
  const rows = await db.query<{ n: number }>(sql`
    update check_ins c set at = to_timestamp(u.seconds) from ${givenRows(checkIns)}
    where c.device_id = u.device_id and c.tenant_id = u.tenant_id
      and c.at <= to_timestamp(u.seconds - ${PRECISION_MS / 1000})
    returning u.n::int`)
  return rows.map(({ n }) => n)
}

/** What is stored for devices whose check-in is too recent to be stored again. */
const readRecent = async (db: Db, checkIns: readonly CheckIn[]): Promise<CheckIn[]> =>
  toCheckIns(
    await db.query<Row>(sql`
      select c.tenant_id, c.device_id, c.at
      from ${givenRows(checkIns)} join check_ins c on c.device_id = u.device_id and c.tenant_id = u.tenant_id`),
  )

/** Of devices that have no check-in, and still exist. Returns those that it stored. */
async function insertFirst(db: Db, checkIns: readonly CheckIn[]): Promise<CheckIn[]> {
  if (checkIns.length === 0) return []
  return toCheckIns(
    await db.query<Row>(sql`
      insert into check_ins (tenant_id, device_id, at)
      select d.tenant_id, d.id, to_timestamp(u.seconds)
      from ${givenRows(checkIns)} join devices d on d.tenant_id = u.tenant_id and d.id = u.device_id
      order by d.id on conflict do nothing returning tenant_id, device_id, at`),
  )
}

type Row = Device & { at: string }
const toCheckIns = (rows: readonly Row[]): CheckIn[] => rows.map((row) => ({ ...row, at: Date.parse(row.at) }))

const givenRows = (checkIns: readonly CheckIn[]): Sql => sql`
  unnest(${textArray(checkIns, ({ tenant_id }) => tenant_id)}, ${textArray(checkIns, ({ device_id }) => device_id)},
    ${textArray(checkIns, ({ at }) => at / 1000)}::float8[]) with ordinality as u (tenant_id, device_id, seconds, n)`
