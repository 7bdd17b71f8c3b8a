import { batched } from '../batch.ts'
import type { Database } from '../db.ts'
import { raw, sql } from '../sql.ts'
import type { Position } from './replica-status.ts'

/** The cluster and the database in it: the same on a primary and its replicas. */
export const IDENTITY = raw(
  `system_identifier || '/' || (select oid from pg_database where datname = current_database())`,
)

/**
 * The position of the primary's log, read once for all callers at the time. Flushed, not inserted: a commit is visible
 * and acknowledged only once it is flushed, and replicas are sent nothing else.
 */
const positions = batched<Database, undefined, Position>(
  async (primary, keys) => {
    const found = await primary.hot.first<Omit<Position, 'timeline'> & { file: string }>(sql`
      select ${IDENTITY} as identity, pg_walfile_name(flushed) as file, (flushed - '0/0')::bigint as lsn
      from pg_control_system(), pg_current_wal_flush_lsn() as flushed`)
    if (!found) throw new Error('The database does not say where its log stands.')
    const { identity, file, lsn } = found
    const position = { identity, lsn, timeline: Number.parseInt(file.slice(0, 8), 16) }
    return keys.map(() => position)
  },
  { name: 'positions' },
)

export const positionOf = (primary: Database): Promise<Position> => positions(primary, undefined)
