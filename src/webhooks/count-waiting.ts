import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'

type Waiting = { deliveries: number; oldest: string | null; failing: number }

/** What is to be sent to integrations of all tenants, when the oldest of that happened, and how many of them fail. */
export async function countWaiting(db: Db): Promise<Waiting> {
  const row = await db.first<Waiting>(sql`
    select count(*) as deliveries, min(d.time) as oldest, (
      select count(*) from webhook_failures f
        join integrations i on i.tenant_id = f.tenant_id and i.id = f.integration_id
    ) as failing
    from webhook_deliveries d join integrations i on i.tenant_id = d.tenant_id and i.id = d.integration_id
    where d.state = 'pending'`)
  return row!
}
