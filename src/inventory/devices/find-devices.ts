import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { withTimeBudget } from '../../db/locks/time-budget.ts'
import { type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { type Device, type StoredDevice, toDevice } from '../device.ts'
import type { Query } from '../query.ts'
import { countMatching, isLargeCountCached, wasLargeCount } from './count-matching.ts'
import { isUnindexed, toOrder } from './device-order.ts'
import { DEVICE_COLUMNS, requiredCondition } from './device-query.ts'

/** A page of the devices of any status that the viewer sees and that match a query, and the number of all that match. */
export async function findDevices(
  env: Env,
  viewer: Viewer,
  query: Query,
): Promise<{ devices: Device[]; total: number }> {
  const condition = await requiredCondition(env, viewer, query)
  const search = { tenant_id: viewer.tenant_id, condition, query }
  const isMany = isLargeCountCached(env, condition) || isUnfiltered(env, query)
  const { stored, total } = (isMany ? undefined : await findFew(env, search)) ?? (await findMany(env, search))
  const projected = new Set((query.attributes ?? []).map((one) => JSON.stringify([one.scope, one.attribute])))
  const devices = stored.map(toDevice)
  if (projected.size > 0)
    for (const device of devices)
      device.attributes = device.attributes.filter(({ scope, name }) => projected.has(JSON.stringify([scope, name])))
  return { devices, total }
}

type FoundDevices = { stored: StoredDevice[]; total: number }
type DeviceSearch = { tenant_id: string; condition: Sql; query: Query }

/**
 * For `order by .. limit 20` the planner tends to scan an index in that order and to filter every device, which takes
 * seconds if few match; finding all matches first takes seconds if many do. So matches are first found and counted up
 * to this number.
 */
const FEW = 10_000

/** On a cluster each machine would send that many ids. Without a filter, no plan for a page is slow. */
const isUnfiltered = ({ db }: Env, { terms, text = '' }: Query): boolean =>
  db.distribution.shards !== undefined && terms.length === 0 && text === ''

/** undefined: more than `FEW` devices match. */
async function findFew(env: Env, { tenant_id, condition, query }: DeviceSearch): Promise<FoundDevices | undefined> {
  const { keys, ofKeys } = toOrder(query.sort ?? [])
  const { per_page, offset } = query.page
  const rows = await withTimeBudget(env, (db) =>
    db.query<(StoredDevice | { id: null }) & { total: number }>(sql`
      with found as materialized (
        select d.id${keys} from devices d where ${condition} limit ${FEW + 1}
      ), counted as materialized (
        select count(*) as total from found
      ), page as materialized (
        select * from found where (select total from counted) <= ${FEW}
        order by ${ofKeys} limit ${per_page} offset ${offset}
      ), details as (
        select page.*, ${DEVICE_COLUMNS} from page join devices d on d.tenant_id = ${tenant_id} and d.id = page.id
      )
      select * from counted left join details on true order by ${ofKeys}`),
  )
  const total = rows[0]?.total ?? 0
  return total > FEW ? undefined : { stored: rows.filter((row) => row.id !== null), total }
}

async function findMany(env: Env, search: DeviceSearch): Promise<FoundDevices> {
  const { condition, query } = search
  const isLong = isUnindexed(query.sort ?? []) && wasLargeCount(env, condition)
  const [stored, counted] = await Promise.all([
    withTimeBudget(env, (db) => readPage(db, search), { isLong }),
    countMatching(env, condition),
  ])
  const { offset } = query.page
  // The count may be some seconds old.
  return { stored, total: stored.length > 0 ? Math.max(counted, offset + stored.length) : counted }
}

const readPage = (db: Db, { tenant_id, condition, query: { sort = [], page } }: DeviceSearch) => {
  const { keys, ofDevices, ofKeys } = toOrder(sort)
  // On a cluster the ids of the page would be sent back to every shard.
  if (db.distribution.shards)
    return db.query<StoredDevice>(sql`
      select d.id, ${DEVICE_COLUMNS} from devices d where ${condition}
      order by ${ofDevices} limit ${page.per_page} offset ${page.offset}`)
  return db.query<StoredDevice>(sql`
    with page as materialized (
      select d.id${keys} from devices d where ${condition}
      order by ${ofDevices} limit ${page.per_page} offset ${page.offset}
    ), details as (
      select page.*, ${DEVICE_COLUMNS} from page join devices d on d.tenant_id = ${tenant_id} and d.id = page.id
    )
    select * from details order by ${ofKeys}`)
}
