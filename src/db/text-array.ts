import type { TextSet } from '../text-set.ts'
import { type Sql, sql } from './sql.ts'

/**
 * One value of each row as `text[]`, sent as one joined text: an array costs the client several times as much. For
 * values without commas only, such as ids and numbers of our own.
 */
export const textArray = <Row>(rows: readonly Row[], toValue: (row: Row) => string | number): Sql =>
  sql`string_to_array(${rows.map(toValue).join(',')}, ',')`

/** The texts at positions from `from` to before `to` as `text[]`, sent as they are in memory. */
export const arrayOf = (texts: TextSet, from = 0, to = texts.size): Sql =>
  // node-postgres calls it when it sends the statement: a list that no statement needs is not copied.
  sql`${{ toPostgres: () => toBinary(texts, from, Math.min(to, texts.size)) }}::text[]`

const OID_OF_TEXT = 25

/** Dimensions, whether there are nulls, the type of the elements, their number, the lower bound, and the elements. */
function toBinary(texts: TextSet, from: number, to: number): Buffer {
  const numbers = from === to ? [0, 0, OID_OF_TEXT] : [1, 0, OID_OF_TEXT, to - from, 1]
  const header = Buffer.alloc(4 * numbers.length)
  for (const [i, number] of numbers.entries()) header.writeUInt32BE(number, 4 * i)
  return Buffer.concat([header, texts.bytes(from, to)])
}
