import type { Actor } from '../../auth/actor.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type NewEvent, recordEvent } from '../../events/record-event.ts'

/** Writes to the audit log what was done to the deployments of a device, which may have been removed. */
export async function recordForDevice(
  tx: Db,
  actor: Actor,
  { device_id, ...event }: Omit<NewEvent, 'object'> & { device_id: string },
): Promise<void> {
  const device = await tx.first<{ identity_data: object }>(sql`
    select identity_data from devices where tenant_id = ${actor.tenant_id} and id = ${device_id}`)
  await recordEvent(tx, actor, { ...event, object: deviceObject({ device_id, ...device }) })
}
