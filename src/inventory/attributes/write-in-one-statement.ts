import type { Db } from '../../db/db.ts'
import { raw, sql } from '../../db/sql.ts'
import { type CheckedWrite, changes, checkedWrites, OUTCOME, type ScopeWriteRows } from './checked-writes.ts'

// In one order, so that batches never wait for each other; the newest version, whoever wrote it.
const IN_ORDER = raw('order by d.tenant_id, d.id for no key update of d')
const JUDGED = {
  scope: raw('j.scope'),
  values: raw('j.new_values'),
  notes: raw('j.new_notes'),
  check_in: raw('j.check_in'),
}

/** Judges and writes in one statement. */
export const writeInOneStatement = (
  db: Db,
  { now, given }: { now: string; given: ScopeWriteRows },
): Promise<CheckedWrite[]> =>
  db.query<CheckedWrite>(sql`
    with ${checkedWrites(given, IN_ORDER)}, written as (
      update devices d set ${changes(now, JUDGED)}
      from judged j
      where d.tenant_id = j.tenant_id and d.id = j.device_id and is_expected and is_few and is_small and is_changed
    )
    select ${OUTCOME} from judged`)
