import type { Db } from '../../db/db.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { FOREVER } from '../pin.ts'

/** Pinned devices that a deployment names as left out. */
export const MAX_PINNED_IDS = 1000

/** Conditions on `devices` aliased `d`: kept from updates until a user removes the pin. */
export const isPinnedForever = sql`d.pinned_until = ${FOREVER}`
export const andNotPinnedForever = sql`and d.pinned_until is distinct from ${FOREVER}`

/** Some ids of the devices that meet a condition and are pinned forever, at most one more than a deployment names. */
export async function findPinned(db: Db, condition: Sql): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`
    select d.id from devices d where ${condition} and ${isPinnedForever} order by d.id limit ${MAX_PINNED_IDS + 1}`)
  return rows.map(({ id }) => id)
}

/** Whether there is one at all: otherwise a long list of ids need not be searched. */
export const hasPinned = async (db: Db, tenant_id: string): Promise<boolean> =>
  (await db.first(sql`select 1 from devices d where d.tenant_id = ${tenant_id} and ${isPinnedForever} limit 1`)) !==
  undefined

type PinForecast = { pinned_for_now?: number; first_ms?: number }

/**
 * How many of the target devices wait for the end of their pins, and when the first of them ends if all of them wait.
 */
export async function forecastPins(
  db: Db,
  accepted: Sql,
  { devices, now }: { devices: number; now: string },
): Promise<PinForecast> {
  const row = await db.first<{ count: number; first: string | null }>(sql`
    select count(*) as count, min(d.pinned_until) as first from devices d
    where ${accepted} and d.pinned_until > ${now} and d.pinned_until < ${FOREVER}`)
  if (!row?.count || !row.first) return {}
  const pinned_for_now = row.count
  return row.count < devices ? { pinned_for_now } : { pinned_for_now, first_ms: Date.parse(row.first) }
}
