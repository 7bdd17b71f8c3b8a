import type { Sql } from './sql.ts'

/** Where statements are sent: the pool, or one transaction. Times come back as RFC 3339 strings in UTC, bigint as number. */
export type Db = {
  /** All rows. */
  query<Row>(statement: Sql): Promise<Row[]>
  /** The first row, if there is one. */
  first<Row>(statement: Sql): Promise<Row | undefined>
}

export type Database = Db & {
  /**
   * Runs `work` in one transaction (read committed) and answers after its commit; anything thrown rolls it back.
   * A deadlock or serialization failure runs it again, so `work` must not act on anything but `tx`.
   */
  transaction<Result>(work: (tx: Db) => Promise<Result>): Promise<Result>
  /**
   * All rows as they are at one moment, `size` at a time, in bounded memory. Between two pages a connection stays taken, half
   * a minute at the most: then the reading fails.
   */
  pages<Row>(statement: Sql, size: number): AsyncIterable<Row[]>
  close(): Promise<void>
}
