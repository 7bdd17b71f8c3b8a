import { type Asker, andVisible } from '../auth/visible-devices.ts'
import type { Db } from '../db/db.ts'
import { and, empty, join, raw, type Sql, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { type Device, type StoredDevice, toDevice } from './device.ts'
import { columnOf, requireTerms } from './filter.ts'
import { termsToSql } from './filter-to-sql.ts'
import { type Query, requireSort, type Sort } from './query.ts'
import { requirePatterns } from './require-patterns.ts'

/** The devices that the asker sees, whatever their status, that match all of a query, and how many there are. */
export async function findDevices(env: Env, asker: Asker, query: Query): Promise<{ devices: Device[]; total: number }> {
  const { terms, sort = [], page, attributes = [] } = query
  requireTerms(terms)
  requireSort(sort)
  await requirePatterns(env.db, terms)
  const condition = toCondition(asker, query)
  const total = await count(env.db, condition)
  const stored = page.offset < total ? await findPage(env.db, { condition, sort, page, total }) : []
  const wanted = new Set(attributes.map((one) => JSON.stringify([one.scope, one.attribute])))
  const devices = stored.map(toDevice)
  if (wanted.size > 0)
    for (const device of devices)
      device.attributes = device.attributes.filter(({ scope, name }) => wanted.has(JSON.stringify([scope, name])))
  return { devices, total }
}

async function count(db: Db, condition: Sql): Promise<number> {
  const row = await db.first<{ total: number }>(sql`select count(*) as total from devices d where ${condition}`)
  return row?.total ?? 0
}

function toCondition(asker: Asker, { terms, device_ids = [], text = '' }: Query): Sql {
  const conditions = [sql`d.tenant_id = ${asker.tenant_id} ${andVisible(asker)}`, termsToSql(terms)]
  if (device_ids.length > 0) conditions.push(sql`d.id = any(${device_ids}::text[])`)
  if (text !== '') {
    const path = `$.*.* like_regex ${JSON.stringify(text)} flag "iq"`
    conditions.push(sql`(coalesce(d.attributes @@ ${path}::jsonpath, false)
      or strpos(lower(d.id), lower(${text})) > 0 or strpos(lower(coalesce(d.group_name, '')), lower(${text})) > 0)`)
  }
  return and(conditions)
}

/**
 * `order by .. limit 20` tempts the planner to walk an index in that order and try every device, which takes seconds
 * where few match; finding all matches first takes seconds where many do. The count tells which it is.
 */
const FEW = 10_000

type PageOf = { condition: Sql; sort: readonly Sort[]; page: Query['page']; total: number }

const findPage = (db: Db, { condition, sort, page, total }: PageOf) =>
  db.query<StoredDevice>(sql`
    with found as ${raw(total <= FEW ? 'materialized' : 'not materialized')} (select d.* from devices d where ${condition})
    select d.id, d.status, d.group_name, d.created_ts, d.attributes_updated_ts, d.check_in_time, d.attributes, d.attribute_notes
    from found d
    order by ${join([...sort.map(toOrder), sql`d.id collate "C"`])}
    limit ${page.per_page} offset ${page.offset}`)

/** Numbers, then texts, in either direction; devices without the attribute come last. */
function toOrder({ scope, attribute, order = 'asc' }: Sort): Sql {
  const direction = raw(order === 'desc' ? 'desc' : 'asc')
  const column = columnOf(scope, attribute)
  if (column) {
    const isText = column === 'id' || column === 'status' || column === 'group_name'
    const mayBeNull = column === 'group_name' || column === 'check_in_time'
    return sql`${raw(`d.${column}${isText ? ' collate "C"' : ''}`)} ${direction}${mayBeNull ? raw(' nulls last') : empty}`
  }
  const value = sql`d.attributes #> ${[scope, attribute]}::text[]`
  return sql`case jsonb_typeof(${value}) when 'number' then (${value})::numeric end ${direction} nulls last,
    (${value}) #>> '{}' collate "C" ${direction} nulls last`
}
