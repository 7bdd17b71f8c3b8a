import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'

/** Deletes the links of all tenants that have expired. */
export async function pruneLinks(env: Pick<Env, 'db' | 'now'>): Promise<void> {
  await env.db.query(sql`delete from mailed_links where expires_ts <= ${nowText(env)}`)
}
