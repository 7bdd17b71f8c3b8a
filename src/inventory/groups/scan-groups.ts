import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { empty, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'

/** The names of groups by a scan of all devices, which all databases of a distributed fleet do in parallel. */
export async function scanGroups(env: Pick<Env, 'db'>, viewer: Viewer, status?: string): Promise<string[]> {
  const rows = await env.db.reads.query<{ name: string }>(sql`
    select distinct group_name as name from devices d
    where tenant_id = ${viewer.tenant_id} and group_name is not null ${andVisible(viewer)}
      ${status === undefined ? empty : sql`and status = ${status}`}`)
  return rows.map(({ name }) => name).sort()
}
