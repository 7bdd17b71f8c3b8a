import type { Distribution } from './citus/shards.ts'
import type { ChangeFeed } from './invalidations/change-feed.ts'
import type { Sql } from './sql.ts'

/** Accepts statements: a pool, or one transaction. Returns times as RFC 3339 strings in UTC, and bigint as number. */
export type Db = {
  /** All rows. */
  query<Row>(statement: Sql): Promise<Row[]>
  /** The first row, if there is one. */
  first<Row>(statement: Sql): Promise<Row | undefined>
  readonly distribution: Distribution
}

/**
 * One transaction. Its statements run in the order of the calls, each seeing what others committed before it began.
 * Calls that do not need each other's results may be made at once (`Promise.all`): they are sent in one round trip, in
 * the order of the array.
 */
export type Transaction = Db & {
  /** A statement without a result: it is sent together with the next one, and the transaction fails if it fails. */
  send(statement: Sql): void
}

/**
 * For the few statements that devices cause all the time: connections of their own, on which each statement is prepared
 * once. Its plan is kept while tables grow, so the statement must leave the planner no choice: single rows by key, each
 * in a lateral subquery that ends with `fence`. A join by a scan of the whole table costs the same while the table is
 * empty, and was chosen. `fence` is right from the first connection on.
 */
export type Hot = Db & {
  readonly fence: Sql
  /** As `transaction` of `Database`. The statements that are marked `prepared` are planned once on each connection. */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>
}

/**
 * For lists, counts and statistics: the replica, if there is one, once it shows everything that was acknowledged
 * before. If it cannot, the primary is read instead, so a `read` may run twice.
 */
type Reads = Db & {
  /** Several reads of one snapshot. */
  snapshot<Result>(read: (tx: Db) => Promise<Result>): Promise<Result>
}

export type Database = Db & {
  /**
   * Runs `work` in one transaction (read committed) and returns its result after the commit; anything thrown rolls it
   * back. After a deadlock or serialization failure `work` runs again, so it must have no effect other than through
   * `tx`.
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>
  /**
   * All rows of one snapshot, `size` at a time, in bounded memory. Between two pages the connection stays in use, for
   * at most half a minute: then reading fails.
   */
  pages<Row>(statement: Sql, size: number): AsyncIterable<Row[]>
  hot: Hot
  changes: Pick<ChangeFeed, 'read'>
  reads: Reads
  /**
   * The number of the history that all statements read. It grows when a failover may have lost transactions: versions
   * that were read at another number are then those of other contents (`src/db/history.ts`).
   */
  history(): number
  close(): Promise<void>
}
