import type { Db } from '../db.ts'
import { empty, type Sql, sql } from '../sql.ts'

/**
 * `and ..`: the condition that a column is one of the ids to which a join with a list restricts it anyway. By it Citus
 * sends a statement only to the shards concerned, and plans one for a single shard in a fraction of the time. Elsewhere
 * it would be evaluated for each row in vain.
 */
export const narrowed = (db: Pick<Db, 'distribution'>, column: Sql, ids: readonly string[]): Sql =>
  db.distribution.shards ? sql`and ${column} = any(${[...new Set(ids)]}::text[])` : empty
