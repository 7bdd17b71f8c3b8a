import type { Db } from '../../db/db.ts'
import { and, type Sql, sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import type { Device, DeviceStatus } from '../device.ts'
import { CHECK_IN_TIME } from './check-in-time.ts'
import { andVisible, type Viewer } from './visible-devices.ts'

/** Devices with one of these statuses and one of these ids; an empty list is no condition. */
export type DeviceQuery = { status: readonly DeviceStatus[]; id: readonly string[] }

export const matchesQuery = (viewer: Viewer, { status, id }: DeviceQuery): Sql =>
  and([
    sql`d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)}`,
    // With an equality the index returns the ids of one status in order; with `any` it does not.
    ...(status.length === 1 ? [sql`d.status = ${status[0]}`] : []),
    ...(status.length > 1 ? [sql`d.status = any(${status})`] : []),
    ...(id.length > 0 ? [sql`d.id = any(${id})`] : []),
  ])

/** `where`: a condition on `devices` aliased `d`, with what may follow it. */
export async function selectDevices(db: Db, where: Sql): Promise<Device[]> {
  const rows = await db.query<Omit<Device, 'check_in_time'> & { check_in_time: string | null }>(sql`
    select d.id, d.identity_data, d.status, d.dialect, false as decommissioning, d.created_ts, d.updated_ts,
      ${CHECK_IN_TIME} as check_in_time, (
      select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'identity_data', d.identity_data, 'pubkey', s.pubkey,
        'ts', ${utcText(sql`s.ts`)}, 'status', s.status) order by s.ts, s.id), '[]')
      from auth_sets s where s.tenant_id = d.tenant_id and s.device_id = d.id) as auth_sets
    from devices d where ${where}`)
  return rows.map(({ check_in_time, ...device }) => (check_in_time ? { ...device, check_in_time } : device))
}
