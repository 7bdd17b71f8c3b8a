import type { Db } from '../../db/db.ts'
import { raw, sql } from '../../db/sql.ts'
import {
  assignments,
  type CheckedWrite,
  checkedWrites,
  checkIn,
  OUTCOME,
  type ScopeWriteRows,
} from './checked-writes.ts'

// All batches lock the rows in one order, so that two of them never deadlock; each reads the newest version of a row.
const IN_ORDER = raw('order by d.tenant_id, d.id for no key update of d')
const CHECKED = {
  scope: raw('c.scope'),
  values: raw('c.new_values'),
  notes: raw('c.new_notes'),
}

const IS_WRITTEN = raw('etag_matches and fits_count and fits_size and is_changed')

export const writeInOneStatement = (
  db: Db,
  { now, rows }: { now: string; rows: ScopeWriteRows },
): Promise<CheckedWrite[]> =>
  db.query<CheckedWrite>(sql`
    with ${checkedWrites(rows, IN_ORDER)}, written as (
      update devices d set ${assignments(now, CHECKED)}
      from checked c
      where d.tenant_id = c.tenant_id and d.id = c.device_id
        and ${IS_WRITTEN}
    ), seen as (
      ${checkIn(now, sql`checked where check_in and ${IS_WRITTEN}`)}
    )
    select ${OUTCOME} from checked`)
