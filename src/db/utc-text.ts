import { type Sql, sql } from './sql.ts'

/** A timestamptz as the text that rows show it as, for where it goes into JSON or is compared as text. */
export const utcText = (timestamp: Sql): Sql =>
  sql`to_char(${timestamp} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
