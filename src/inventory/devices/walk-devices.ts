import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { walkRows } from '../../db/locks/walk-rows.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { mapChunks } from '../../map-chunks.ts'
import { type Device, type StoredDevice, toDevice } from '../device.ts'
import type { Query } from '../query.ts'
import { toOrder } from './device-order.ts'
import { DEVICE_COLUMNS, requiredCondition } from './device-query.ts'

/** All devices that match a query, in its order and in chunks, however many they are. */
export async function walkDevices(
  env: Env,
  viewer: Viewer,
  query: Omit<Query, 'page'>,
): Promise<AsyncIterable<Device[]>> {
  const condition = await requiredCondition(env, viewer, query)
  const chunks = await walkRows<StoredDevice>(
    env,
    sql`
    select d.id, ${DEVICE_COLUMNS} from devices d where ${condition} order by ${toOrder(query.sort ?? []).ofDevices}`,
  )
  return mapChunks(chunks, (rows) => rows.map(toDevice))
}
