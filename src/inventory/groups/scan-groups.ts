import { type Asker, andVisible } from '../../auth/devices/visible-devices.ts'
import { empty, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'

/** The names of groups by a scan of all devices, which all databases of a distributed fleet do in parallel. */
export async function scanGroups(env: Pick<Env, 'db'>, asker: Asker, status?: string): Promise<string[]> {
  const rows = await env.db.reads.query<{ name: string }>(sql`
    select distinct group_name as name from devices d
    where tenant_id = ${asker.tenant_id} and group_name is not null ${andVisible(asker)}
      ${status === undefined ? empty : sql`and status = ${status}`}`)
  return rows.map(({ name }) => name).sort()
}
