import { type Sql, sql } from './sql.ts'

/**
 * One value of each row as `text[]`, sent as one joined text: an array costs the client several times as much. For
 * values without commas only, such as ids and numbers of our own.
 */
export const textArray = <Row>(rows: readonly Row[], toValue: (row: Row) => string | number): Sql =>
  sql`string_to_array(${rows.map(toValue).join(',')}, ',')`
