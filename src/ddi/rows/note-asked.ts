import type { DeviceId } from '../../auth/devices/derive-status.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'

/** Most clients answer within the same poll. Some have no attributes to send, and never do. */
const MOST_ASKED = 5

/** Counts a poll that asks a device for its attributes. After some, the device is not asked any more. */
export const noteAsked = (db: Db, { tenant_id, device_id }: DeviceId, type_attributes: string) =>
  db.query(sql`
    insert into ddi_devices as d (tenant_id, device_id, config_data_asked, type_attributes)
    select tenant_id, id, 1, ${type_attributes}::text from devices
    where tenant_id = ${tenant_id} and id = ${device_id}
    on conflict (tenant_id, device_id) do update set type_attributes = excluded.type_attributes,
      config_data_asked = case when d.wants_config_data then d.config_data_asked + 1 else 1 end,
      wants_config_data = not d.wants_config_data or d.config_data_asked + 1 < ${MOST_ASKED}::int`)
