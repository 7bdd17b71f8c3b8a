import type { Db } from '../../db/db.ts'
import { join, raw, sql } from '../../db/sql.ts'
import { DEVICE_STATUSES, type DeviceStatus } from '../device-status.ts'

/** The unfinished deployments of all tenants, and their devices by status. */
export async function countUnfinished(db: Db): Promise<{ deployments: number; devices: Record<DeviceStatus, number> }> {
  const row = await db.first<{ deployments: number } & Record<DeviceStatus, number>>(sql`
    select count(*) as deployments, ${SUMS} from deployment_progress where finished is null`)
  const { deployments, ...devices } = row!
  return { deployments, devices: devices as Record<DeviceStatus, number> }
}

const SUMS = join(DEVICE_STATUSES.map((status) => raw(`coalesce(sum("${status}"), 0)::bigint as "${status}"`)))
