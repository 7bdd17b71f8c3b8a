import { join, raw, type Sql, sql } from '../../db/sql.ts'
import { columnOf } from '../filter.ts'
import type { Sort } from '../query.ts'

/** What devices are sorted by: an expression over `devices` aliased `d`, and which way. */
type Key = { by: Sql; way: Sql }

/** The order of a list, over all devices or over a few of them with what they are sorted by. */
export type DeviceOrder = {
  /** `, .. as key_0, ..`; nothing for the order by id alone */
  keys: Sql
  /** Over `devices` aliased `d` */
  ofDevices: Sql
  /** Over what has `id` and the keys */
  ofKeys: Sql
}

/** At last by id, so that each device has one place. Ids are in ASCII, so the database's own order, its index's, will do. */
export function toOrder(sort: readonly Sort[]): DeviceOrder {
  const keys = sort.flatMap(toKeys)
  return {
    keys: join([raw(''), ...keys.map(({ by }, i) => sql`${by} as ${raw(`key_${i}`)}`)]),
    ofDevices: join([...keys.map(({ by, way }) => sql`${by} ${way}`), raw('d.id')]),
    ofKeys: join([...keys.map(({ way }, i) => sql`${raw(`key_${i}`)} ${way}`), raw('id')]),
  }
}

const WALKED: readonly (string | undefined)[] = ['id', 'status', 'created_ts']

/** Whether no index helps, so that every device that matches is looked at before the first is known. */
export const readsAll = (sort: readonly Sort[]): boolean =>
  sort.some(({ scope, attribute }) => !WALKED.includes(columnOf(scope, attribute)))

/** Numbers, then texts, in either direction; devices without the attribute come last. */
function toKeys({ scope, attribute, order = 'asc' }: Sort): Key[] {
  const direction = order === 'desc' ? 'desc' : 'asc'
  const column = columnOf(scope, attribute)
  const last = raw(`${direction} nulls last`)
  if (column) {
    const mayBeNull = column === 'group_name' || column === 'check_in_time'
    // Only groups have names that people choose.
    const by = raw(column === 'group_name' ? 'd.group_name collate "C"' : `d.${column}`)
    return [{ by, way: mayBeNull ? last : raw(direction) }]
  }
  // One step at a time takes two thirds of the time of a path.
  const document = sql`d.attributes -> ${scope}::text`
  const value = sql`(${document} -> ${attribute}::text)`
  return [
    { by: sql`case jsonb_typeof${value} when 'number' then ${value}::numeric end`, way: last },
    { by: sql`(${document} ->> ${attribute}::text) collate "C"`, way: last },
  ]
}
