import type { Sql } from './sql.ts'

/** Where statements are sent: the pool, or one transaction. Times come back as RFC 3339 strings in UTC, bigint as number. */
export type Db = {
  /** All rows. */
  query<Row>(statement: Sql): Promise<Row[]>
  /** The first row, if there is one. */
  first<Row>(statement: Sql): Promise<Row | undefined>
}

/**
 * One transaction. Its statements run in the order in which they are asked for, each seeing what others committed before it began.
 * Those that do not need each other's answers may be asked for at once (`Promise.all`): they travel together.
 */
export type Transaction = Db & {
  /** A statement whose answer nobody needs: it travels with what follows, and if it fails so does the transaction. */
  send(statement: Sql): void
}

/**
 * For the few statements that devices cause all day: connections of their own, on which each is prepared once. Its plan
 * stays while tables grow, so it must leave the planner no choice: single rows by key, each in a lateral subquery that `apart`
 * keeps apart. A join that reads a whole table is as good while the table is empty, and was chosen. `apart` is known from the
 * first connection on.
 */
export type Hot = Db & { readonly fence: Sql }

/**
 * Where lists, counts and statistics are read: the replica, if there is one, once it shows all that was acknowledged before. What
 * it cannot answer is read again from the primary, so a `read` may run twice.
 */
type Reads = Db & {
  /** Several reads of one moment. */
  snapshot<Result>(read: (tx: Db) => Promise<Result>): Promise<Result>
}

export type Database = Db & {
  /**
   * Runs `work` in one transaction (read committed) and answers after its commit; anything thrown rolls it back.
   * A deadlock or serialization failure runs it again, so `work` must not act on anything but `tx`.
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>
  /**
   * All rows as they are at one moment, `size` at a time, in bounded memory. Between two pages a connection stays taken, half
   * a minute at the most: then the reading fails.
   */
  pages<Row>(statement: Sql, size: number): AsyncIterable<Row[]>
  hot: Hot
  reads: Reads
  close(): Promise<void>
}
