import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { announce, isAnyoneListening } from '../../webhooks/announce.ts'
import type { DeviceStatus } from '../device.ts'
import { selectDevices } from './device-rows.ts'

type DeviceId = { tenant_id: string; device_id: string }

const subjectOf = ({ device_id }: DeviceId) => `device:${device_id}` as const

/** Announces the new status of a device whose row is locked; of one that is now accepted, the whole device first. */
export async function announceStatus(tx: Db, id: DeviceId, { status, now }: { status: DeviceStatus; now: Date }) {
  const { tenant_id, device_id } = id
  const common = { subject: subjectOf(id), at: now.toISOString() }
  const changed = { ...common, type: 'device-status-changed', data: { id: device_id, status } } as const
  if (status !== 'accepted') return announce(tx, tenant_id, [changed])
  if (!(await isAnyoneListening(tx, tenant_id))) return
  const data = await describe(tx, id)
  await announce(tx, tenant_id, [{ ...common, type: 'device-provisioned', data }, changed])
}

/** Announces that a device was removed whose row was locked. */
export const announceRemoval = (tx: Db, id: DeviceId, now: Date): Promise<void> =>
  announce(tx, id.tenant_id, [
    { subject: subjectOf(id), type: 'device-decommissioned', at: now.toISOString(), data: { id: id.device_id } },
  ])

/** With the accepted authentication set. */
async function describe(tx: Db, { tenant_id, device_id }: DeviceId): Promise<object> {
  const [device] = await selectDevices(tx, sql`d.tenant_id = ${tenant_id} and d.id = ${device_id}`)
  const accepted = device?.auth_sets.filter(({ status }) => status === 'accepted') ?? []
  return {
    ...{ id: device_id, status: device?.status, created_ts: device?.created_ts },
    auth_sets: accepted.map((set) => ({ ...set, device_id })),
  }
}
