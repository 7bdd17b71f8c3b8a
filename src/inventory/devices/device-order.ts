import { join, raw, type Sql, sql } from '../../db/sql.ts'
import { columnOf } from '../filter.ts'
import { columnSql } from '../filters/column-sql.ts'
import type { Sort } from '../query.ts'

/** An expression over `devices` aliased `d`, and its direction. */
type SortKey = { expression: Sql; direction: Sql }

/** An order of devices, for a query over `devices` and for one over its rows. */
export type DeviceOrder = {
  /** `, .. as key_0, ..` for the select list of the first; empty for the order by id alone. */
  keys: Sql
  /** The `order by` of a query over `devices` aliased `d`. */
  ofDevices: Sql
  /** The `order by` of a query over rows with `id` and the keys. */
  ofKeys: Sql
}

/**
 * Id comes last, so that the order is total. Ids are ASCII: the collation of the database, and so of the index, will
 * do.
 */
export function toOrder(sort: readonly Sort[]): DeviceOrder {
  const keys = sort.flatMap(toKeys)
  return {
    keys: join([raw(''), ...keys.map(({ expression }, i) => sql`${expression} as ${raw(`key_${i}`)}`)]),
    ofDevices: join([...keys.map(({ expression, direction }) => sql`${expression} ${direction}`), raw('d.id')]),
    ofKeys: join([...keys.map(({ direction }, i) => sql`${raw(`key_${i}`)} ${direction}`), raw('id')]),
  }
}

const INDEXED_COLUMNS: readonly (string | undefined)[] = ['id', 'status', 'created_ts']

/** Whether no index has the order, so that all devices that match are read before the first one is known. */
export const isUnindexed = (sort: readonly Sort[]): boolean =>
  sort.some(({ scope, attribute }) => !INDEXED_COLUMNS.includes(columnOf(scope, attribute)))

/** Numbers before texts in both directions; devices without the attribute come last. */
function toKeys({ scope, attribute, order = 'asc' }: Sort): SortKey[] {
  const direction = order === 'desc' ? 'desc' : 'asc'
  const nullsLast = raw(`${direction} nulls last`)
  const column = columnOf(scope, attribute)
  if (column) {
    const isNullable = column === 'group_name' || column === 'check_in_time' || column === 'pinned_until'
    // Of the columns, only groups hold text that people choose.
    const expression = column === 'group_name' ? raw('d.group_name collate "C"') : columnSql(column)
    return [{ expression, direction: isNullable ? nullsLast : raw(direction) }]
  }
  // Two operators `->` take two thirds of the time of one path.
  const document = sql`d.attributes -> ${scope}::text`
  const value = sql`(${document} -> ${attribute}::text)`
  return [
    { expression: sql`case jsonb_typeof${value} when 'number' then ${value}::numeric end`, direction: nullsLast },
    { expression: sql`(${document} ->> ${attribute}::text) collate "C"`, direction: nullsLast },
  ]
}
