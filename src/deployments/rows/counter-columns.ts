import { join, raw, type Sql, sql } from '../../db/sql.ts'
import { DEVICE_STATUSES } from '../device-status.ts'
import { STANDINGS } from '../standing.ts'

const jsonOf = (columns: readonly string[], alias: string): Sql =>
  sql`jsonb_build_object(${join(columns.map((column) => raw(`'${column}', ${alias}."${column}"`)))})`

/** The counters of a table under its alias, as one JSON object. */
export const countersOf = (alias: string): Sql => jsonOf(DEVICE_STATUSES, alias)

/** The counters of devices by standing. */
export const standingsOf = (alias: string): Sql => jsonOf(STANDINGS, alias)

/** All columns that count devices, but `device_count`. */
export const COUNTER_COLUMNS = [...DEVICE_STATUSES, ...STANDINGS].map((column) => raw(`"${column}"`))
export const COUNTER_TYPES = join(COUNTER_COLUMNS.map((column) => sql`${column} int`))
