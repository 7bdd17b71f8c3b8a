import type { DeviceId } from '../../auth/devices/derive-status.ts'
import { raiseVersion } from '../../auth/devices/raise-version.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'

/** Has a locked device asked for its attributes at its next poll. */
export async function askForConfigData(tx: Db, { tenant_id, device_id }: DeviceId): Promise<void> {
  await tx.query(sql`
    insert into ddi_devices (tenant_id, device_id, wants_config_data) values (${tenant_id}, ${device_id}, true)
    on conflict (tenant_id, device_id) do update set wants_config_data = true, config_data_asked = 0`)
  await raiseVersion(tx, { tenant_id, device_id })
}
