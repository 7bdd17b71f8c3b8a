import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'

/** Removes the rates by which nothing has been sent for a day: devices choose the values of attributes. */
export const pruneDownloadRates = ({ db }: Pick<Env, 'db'>): Promise<unknown> =>
  db.query(sql`
    delete from download_rates r using tenants t
    where r.tenant_id = t.tenant_id and r.next_at < clock_timestamp() - interval '1 day'`)
