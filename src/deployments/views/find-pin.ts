import type { Actor } from '../../auth/actor.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { deviceNotFound } from '../../errors.ts'
import { notPinned } from '../../rollout-errors.ts'
import { type DevicePin, pinEnds, toDevicePin } from '../pin.ts'
import { readPin } from '../rows/pin-rows.ts'

/** What keeps a device from updates now. */
export async function findPin(env: Env, actor: Actor, device_id: string): Promise<DevicePin> {
  const { db } = env
  await requireVisibleDevice(db, actor, device_id)
  const stored = await readPin(db, { tenant_id: actor.tenant_id, device_id })
  if (stored && pinEnds(stored.pinned_until, nowText(env)) !== undefined) return toDevicePin(device_id, stored)
  throw (await exists(db, actor, device_id)) ? notPinned() : deviceNotFound()
}

const exists = async (db: Db, { tenant_id }: Actor, id: string): Promise<boolean> =>
  (await db.first(sql`select 1 from devices where tenant_id = ${tenant_id} and id = ${id}`)) !== undefined
