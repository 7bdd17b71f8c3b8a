import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { groupNotFound } from '../../errors.ts'

/** A group exists while a device is in it. */
export async function findGroupDevices(
  env: Env,
  { tenant_id, scope }: Viewer,
  { group, page }: { group: string; page: { per_page: number; offset: number } },
): Promise<{ device_ids: string[]; total: number }> {
  const row = await env.db.reads.first<{ device_ids: string[]; total: number }>(sql`
    with members as (
      select id from devices d where tenant_id = ${tenant_id} and group_name = ${group} ${andVisible({ scope })})
    select (select count(*) from members) as total,
      array(select id from members order by id collate "C" limit ${page.per_page} offset ${page.offset}) as device_ids`)
  if (!row || row.total === 0) throw groupNotFound()
  return row
}
