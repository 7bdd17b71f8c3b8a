import type { Db } from '../../db/db.ts'
import { noteChanged } from '../../db/invalidations/note-changes.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'

const BATCH = 500

/**
 * Removes pins whose time has passed, which decide nothing any more. Offers do not wait for this. A row that others have
 * locked is left to the next round.
 */
export async function removeEndedPins(env: Env, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && (await removeBatch(env.db, nowText(env))) === BATCH);
}

async function removeBatch(db: Env['db'], now: string): Promise<number> {
  const ended = await findEnded(db, now)
  let removed = 0
  for (const device of ended) if (await removeOne(db, device, now)) removed++
  return removed
}

type Device = { tenant_id: string; device_id: string }

const findEnded = (db: Db, now: string) =>
  db.query<Device>(sql`
    select tenant_id, id as device_id from devices where pinned_until <= ${now} limit ${BATCH}`)

/** Unless the device has been pinned again. */
const removeOne = (db: Env['db'], { tenant_id, device_id }: Device, now: string) =>
  db.transaction(async (tx) => {
    const row = await tx.first<{ device_version: number }>(sql`
      update devices set pinned_until = null, pin = null, device_version = device_version + 1
      where tenant_id = ${tenant_id} and id = ${device_id} and pinned_until <= ${now} returning device_version`)
    if (row) await noteChanged(tx, [{ tenant_id, device_id, device_version: row.device_version }])
    return row !== undefined
  })
