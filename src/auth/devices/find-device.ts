import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { deviceNotFound } from '../../errors.ts'
import type { Device } from '../device.ts'
import { selectDevices } from './device-rows.ts'
import { findDeviceId } from './find-device-id.ts'
import { andVisible, type Viewer } from './visible-devices.ts'

export async function findDevice(db: Db, viewer: Viewer, device_id: string): Promise<Device> {
  const [device] = await selectDevices(
    db,
    sql`d.tenant_id = ${viewer.tenant_id} and d.id = ${device_id} ${andVisible(viewer)}`,
  )
  if (!device) throw deviceNotFound()
  return device
}

export async function findDeviceByIdentity(
  db: Db,
  tenant_id: string,
  identity_sha256: string,
): Promise<Device | undefined> {
  const id = await findDeviceId(db, tenant_id, identity_sha256)
  const [device] = id === undefined ? [] : await selectDevices(db, sql`d.tenant_id = ${tenant_id} and d.id = ${id}`)
  return device
}
