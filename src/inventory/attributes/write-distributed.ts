import { narrowed } from '../../db/citus/narrowed.ts'
import type { Transaction } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { raw, sql } from '../../db/sql.ts'
import {
  assignments,
  type CheckedWrite,
  checkedWrites,
  IS_TARGET,
  NEW_NOTES,
  NEW_VALUES,
  OUTCOME,
  type ScopeWriteRows,
  writeRows,
} from './checked-writes.ts'

const NEW = { scope: raw('w.scope'), values: NEW_VALUES, notes: NEW_NOTES, check_in: raw('w.check_in') }

type Batch = { now: string; rows: ScopeWriteRows; devices: readonly { tenant_id: string; device_id: string }[] }

/**
 * Checks the writes in one statement and executes them in a second one, under the advisory locks of the devices: their
 * rows may be in several databases, which cannot lock them in one order.
 */
export async function writeDistributed(tx: Transaction, { now, rows, devices }: Batch): Promise<CheckedWrite[]> {
  const ids = devices.map(({ device_id }) => device_id)
  const [, outcomes] = await Promise.all([
    lockDevices(tx, devices),
    tx.query<CheckedWrite>(sql`
      with ${checkedWrites(rows, sql`where true ${narrowed(tx, sql`d.id`, ids)}`)} select ${OUTCOME} from checked`),
  ])
  const accepted = new Set(
    outcomes
      .filter((write) => write.etag_matches && write.fits_count && write.fits_size && write.is_changed)
      .map(({ at }) => at),
  )
  const writes = rows.filter(({ at }) => accepted.has(at))
  if (writes.length > 0)
    tx.send(sql`update devices d set ${assignments(now, NEW)} from ${writeRows(writes)} where ${IS_TARGET}
      ${narrowed(tx, sql`d.id`, ids)}`)
  return outcomes
}
