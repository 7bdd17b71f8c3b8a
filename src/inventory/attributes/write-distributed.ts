import type { Transaction } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { empty, raw, sql } from '../../db/sql.ts'
import {
  type CheckedWrite,
  changes,
  checkedWrites,
  IS_MEANT,
  NEW_NOTES,
  NEW_VALUES,
  OUTCOME,
  type ScopeWriteRows,
  writeRows,
} from './checked-writes.ts'

const GIVEN = { scope: raw('g.scope'), values: NEW_VALUES, notes: NEW_NOTES, check_in: raw('g.check_in') }

type Writes = { now: string; given: ScopeWriteRows; devices: readonly { tenant_id: string; device_id: string }[] }

/** Judges and then writes what may be written, under the locks of the devices: their rows may be in several databases. */
export async function writeDistributed(tx: Transaction, { now, given, devices }: Writes): Promise<CheckedWrite[]> {
  const [, rows] = await Promise.all([
    lockDevices(tx, devices),
    tx.query<CheckedWrite>(sql`with ${checkedWrites(given, empty)} select ${OUTCOME} from judged`),
  ])
  const good = new Set(
    rows.filter((row) => row.is_expected && row.is_few && row.is_small && row.is_changed).map(({ at }) => at),
  )
  const writing = given.filter(({ at }) => good.has(at))
  if (writing.length > 0)
    tx.send(sql`update devices d set ${changes(now, GIVEN)} from ${writeRows(writing)} where ${IS_MEANT}`)
  return rows
}
