import type { Viewer } from '../auth/devices/visible-devices.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { andOfVisible } from './visible-releases.ts'

/** The payload types of the artifacts that the viewer sees. */
export async function findUpdateTypes({ db }: Pick<Env, 'db'>, viewer: Viewer): Promise<string[]> {
  const rows = await db.reads.query<{ type: string }>(sql`
    select distinct u -> 'type_info' ->> 'type' as type from artifacts a, jsonb_array_elements(a.updates) as u
    where a.tenant_id = ${viewer.tenant_id} and u -> 'type_info' ->> 'type' is not null ${andOfVisible(viewer)}
    order by type`)
  return rows.map(({ type }) => type)
}
