import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deviceNotInInventory } from '../../errors.ts'
import { TAGS_ETAG } from '../attributes/checked-writes.ts'
import { type Device, type StoredDevice, toDevice } from '../device.ts'
import { DEVICE_COLUMNS } from './device-query.ts'

export async function findDevice(
  env: Env,
  viewer: Viewer,
  device_id: string,
): Promise<{ device: Device; etag: string }> {
  const row = await env.db.first<StoredDevice & { etag: string }>(sql`
    select d.id, ${DEVICE_COLUMNS}, ${TAGS_ETAG} as etag
    from devices d where d.tenant_id = ${viewer.tenant_id} and d.id = ${device_id} ${andVisible(viewer)}`)
  if (!row) throw deviceNotInInventory()
  return { device: toDevice(row), etag: row.etag }
}
