import { type Sql, sql } from './sql.ts'

/** A timestamptz as rows show it, for use in JSON and in comparisons of text. */
export const utcText = (timestamp: Sql): Sql =>
  sql`to_char(${timestamp} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
