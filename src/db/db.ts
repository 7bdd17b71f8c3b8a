import type { Sql } from './sql.ts'

/** Where statements are sent: the pool, or one transaction. Times come back as RFC 3339 strings in UTC, bigint as number. */
export type Db = {
  /** All rows. */
  query<Row>(statement: Sql): Promise<Row[]>
  /** The first row, if there is one. */
  first<Row>(statement: Sql): Promise<Row | undefined>
}

export type Transactions = {
  /**
   * Runs `work` in one transaction (read committed) and answers after its commit; anything thrown rolls it back.
   * A deadlock or serialization failure runs it again, so `work` must not act on anything but `tx`.
   */
  transaction<Result>(work: (tx: Db) => Promise<Result>): Promise<Result>
}

export type Database = Db &
  Transactions & {
    /**
     * For what devices ask all day: connections of their own, on which statements are prepared once, and planned as look-ups
     * by key whatever the tables hold at that moment. The texts of statements must be few: none may depend on values.
     */
    hot: Db & Transactions
    close(): Promise<void>
  }
