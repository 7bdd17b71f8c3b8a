import { noteSharedIdentity } from '../../auth/devices/note-shared-identity.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { isTurnOfAnother } from '../../inventory/attributes/machine-turns.ts'
import { writeScope } from '../../inventory/attributes/write-scope.ts'
import type { AttributeValue } from '../../inventory/filter.ts'
import type { Controller } from '../access/controller.ts'
import { type ConfigData, readConfigData, typeAttributesOf, writeOf } from '../config-data.ts'
import { unlessRemoved } from '../rows/unless-removed.ts'

/** Stores the attributes that a device reports. Devices that wait for a decision may, too: users decide by them. */
export async function saveConfigData(env: Env, controller: Controller, data: ConfigData): Promise<void> {
  const { settings, default_device_type } = controller
  const { tenant_id, device_id } = controller.device
  const read = readConfigData(data)
  const stored = await env.db.first<{ inventory: Record<string, AttributeValue> }>(sql`
    select coalesce(attributes -> 'inventory', '{}') as inventory from devices
    where tenant_id = ${tenant_id} and id = ${device_id}`)
  const before = new Map(Object.entries(stored?.inventory ?? {}))
  if (default_device_type !== null && before.get('device_type') === default_device_type) before.delete('device_type')
  const { is_default_type, ...write } = writeOf(read, before, settings)
  await writeScope(env, { tenant_id, device_id, scope: 'inventory', check_in: true, ...write })
  if (isTurnOfAnother(env, controller.device, write.attributes)) await noteSharedIdentity(env, { tenant_id, device_id })
  const given = is_default_type ? (settings.default_device_type ?? null) : null
  await unlessRemoved(noteSaved(env, controller, given))
}

const noteSaved = (env: Env, { device, settings }: Controller, default_device_type: string | null) =>
  env.db.query(sql`
    insert into ddi_devices as d (tenant_id, device_id, wants_config_data, type_attributes, default_device_type)
    select tenant_id, id, false, ${typeAttributesOf(settings)}::text, ${default_device_type}::text
    from devices where tenant_id = ${device.tenant_id} and id = ${device.device_id}
    on conflict (tenant_id, device_id) do update set wants_config_data = false,
      type_attributes = excluded.type_attributes, default_device_type = excluded.default_device_type
    where d.wants_config_data or d.type_attributes is distinct from excluded.type_attributes
      or d.default_device_type is distinct from excluded.default_device_type`)
