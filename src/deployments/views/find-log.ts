import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { deploymentNotFound } from '../../errors.ts'
import { type DeviceLog, logText } from '../device-log.ts'
import { requireVisible } from '../rows/visible-deployments.ts'

/** The log that the device sent, as text. */
export async function findLog(db: Db, viewer: Viewer, deployment_id: string, device_id: string): Promise<string> {
  await requireVisible(db, viewer, deployment_id)
  const row = await db.first<DeviceLog>(sql`
    select messages from device_deployment_logs
    where tenant_id = ${viewer.tenant_id} and device_id = ${device_id} and deployment_id = ${deployment_id}`)
  if (!row) throw deploymentNotFound()
  return logText(row.messages)
}
