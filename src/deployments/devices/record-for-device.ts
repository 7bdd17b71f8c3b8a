import type { Actor } from '../../auth/actor.ts'
import { aboutDevice } from '../../auth/devices/record-device.ts'
import { type Act, recordAct } from '../../auth/record-act.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'

/** Writes to the audit log what was done to the deployments of a device, which may have been removed. */
export async function recordForDevice(
  tx: Db,
  actor: Actor,
  { device_id, ...act }: Omit<Act, 'object'> & { device_id: string },
): Promise<void> {
  const device = await tx.first<{ identity_data: object }>(sql`
    select identity_data from devices where tenant_id = ${actor.tenant_id} and id = ${device_id}`)
  await recordAct(tx, actor, { ...act, object: aboutDevice({ device_id, ...device }) })
}
