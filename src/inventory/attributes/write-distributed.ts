import { byShard } from '../../db/citus/by-shard.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import type { Transaction } from '../../db/db.ts'
import { noteChanged } from '../../db/invalidations/note-changes.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { raw, sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import {
  assignments,
  type CheckedWrite,
  checkedWrites,
  checkIn,
  IS_TARGET,
  NEW_NOTES,
  NEW_VALUES,
  OUTCOME,
  type ScopeWriteRows,
  writeRows,
} from './checked-writes.ts'

const NEW = { scope: raw('w.scope'), values: NEW_VALUES, notes: NEW_NOTES }

type Batch = { now: string; rows: ScopeWriteRows; devices: readonly { tenant_id: string; device_id: string }[] }

/**
 * Checks the writes in one statement and executes them in a second one, of each shard, under the advisory locks of the
 * devices: their rows may be in several databases, which cannot lock them in one order.
 */
export async function writeDistributed(tx: Transaction, { now, rows, devices }: Batch): Promise<CheckedWrite[]> {
  const [, checked] = await Promise.all([
    lockDevices(tx, devices),
    Promise.all(byShard(tx, rows, idOf).map((some) => check(tx, some))),
  ])
  const outcomes = checked.flat()
  const accepted = new Map(
    outcomes
      .filter((write) => write.etag_matches && write.fits_count && write.fits_size && write.is_changed)
      .map(({ at, device_version }) => [at, device_version]),
  )
  const writes = rows.filter(({ at }) => accepted.has(at))
  await noteChanged(
    tx,
    writes.map(({ at, tenant_id, device_id }) => ({
      ...{ tenant_id, device_id, device_version: accepted.get(at) ?? null },
    })),
  )
  for (const some of byShard(tx, writes, idOf))
    tx.send(sql`
      update devices d set ${assignments(now, NEW)} from ${writeRows(some)} where ${IS_TARGET} ${onShard(tx, some)}`)
  const seen = writes.filter(({ check_in }) => check_in)
  for (const some of byShard(tx, seen, idOf)) tx.send(checkIn(now, deviceRows(some)))
  return outcomes
}

const deviceRows = (rows: ScopeWriteRows) => sql`
  unnest(${textArray(rows, ({ tenant_id }) => tenant_id)}, ${textArray(rows, idOf)}) as w (tenant_id, device_id)`

const idOf = ({ device_id }: ScopeWriteRows[number]) => device_id

const onShard = (tx: Transaction, rows: ScopeWriteRows) => narrowed(tx, sql`d.id`, rows.map(idOf))

const check = (tx: Transaction, rows: ScopeWriteRows) =>
  tx.query<CheckedWrite>(sql`
    with ${checkedWrites(rows, sql`where true ${onShard(tx, rows)}`)} select ${OUTCOME} from checked`)
