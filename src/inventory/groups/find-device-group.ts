import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deviceNotInInventory } from '../../errors.ts'

/** The group of a device; null: it is in none. */
export async function findDeviceGroup(
  env: Env,
  { tenant_id, scope }: Viewer,
  device_id: string,
): Promise<string | null> {
  const row = await env.db.first<{ group_name: string | null }>(sql`
    select group_name from devices d where tenant_id = ${tenant_id} and id = ${device_id} ${andVisible({ scope })}`)
  if (!row) throw deviceNotInInventory()
  return row.group_name
}
