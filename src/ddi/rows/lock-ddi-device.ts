import type { Actor } from '../../auth/actor.ts'
import type { Device } from '../../auth/device.ts'
import { findDevice } from '../../auth/devices/find-device.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { notADdiDevice } from '../../ddi-errors.ts'

/** Locks a device that speaks DDI and is in the actor's scope, and returns it. */
export async function lockDdiDevice(tx: Db, actor: Actor, device_id: string): Promise<Device> {
  await lockDevices(tx, [{ tenant_id: actor.tenant_id, device_id }])
  await requireVisibleDevice(tx, actor, device_id)
  const device = await findDevice(tx, actor, device_id)
  if (device.dialect !== 'ddi') throw notADdiDevice()
  return device
}
