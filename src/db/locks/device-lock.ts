import type { Db } from '../db.ts'
import { prepared, raw, type Sql, sql } from '../sql.ts'
import { textArray } from '../text-array.ts'

export type Device = { tenant_id: string; device_id: string }

/**
 * Orders everything that happens to a device's deployments: offers, reports, decommissioning. Held to the end of the
 * transaction, always taken before any row lock and in one order, so that two transactions never wait for each other.
 * Advisory, because it writes nothing and works where devices are distributed over several databases. An id from a
 * request may be of no device: with a comma in it, it locks nothing.
 */
export async function lockDevices(tx: Db, devices: readonly Device[]): Promise<void> {
  // Counted, so that the result is one row.
  await tx.query(
    prepared(sql`
      select count(pg_advisory_xact_lock(key)) from (
        select distinct ${KEY} as key from ${rowsOf(devices)} order by key
      ) as keys`),
  )
}

/**
 * Locks the devices that no other transaction has locked, and returns their ids. It never waits, so it cannot deadlock.
 */
export async function lockFreeDevices(tx: Db, devices: readonly Device[]): Promise<Set<string>> {
  const free = await tx.query<{ device_id: string }>(sql`
    select device_id from ${rowsOf(devices)} where pg_try_advisory_xact_lock(${KEY})`)
  return new Set(free.map(({ device_id }) => device_id))
}

const KEY = raw(`hashtextextended(tenant_id || '/' || device_id, 0)`)

const rowsOf = (devices: readonly Device[]): Sql => sql`
  unnest(${textArray(devices, ({ tenant_id }) => tenant_id)}, ${textArray(devices, ({ device_id }) => device_id)})
    as given (tenant_id, device_id)`
