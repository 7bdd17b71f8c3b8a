import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { deviceNotFound } from '../../errors.ts'

/** Throws if the device does not exist or is not visible to the viewer. */
export async function requireDevice(db: Db, viewer: Viewer, device_id: string): Promise<void> {
  const found = await db.first(sql`
    select 1 from devices d where d.tenant_id = ${viewer.tenant_id} and d.id = ${device_id} ${andVisible(viewer)}`)
  if (!found) throw deviceNotFound()
}
