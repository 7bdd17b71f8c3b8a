import type { Viewer } from '../auth/devices/visible-devices.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { andVisible } from './visible-releases.ts'

/** The tags of the releases that the viewer sees. */
export async function findTags({ db }: Pick<Env, 'db'>, viewer: Viewer): Promise<string[]> {
  const rows = await db.reads.query<{ tag: string }>(sql`
    select distinct unnest(tags) as tag from releases r
    where r.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)} order by tag`)
  return rows.map(({ tag }) => tag)
}
