import type { Db } from '../../src/db/db.ts'
import { sql } from '../../src/db/sql.ts'

/** Makes `device_deployments` large, by rows of no deployment: from then on servers prepare statements that write it. */
export const fillRows = (db: Db) =>
  db.query(sql`
    insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created, finished,
      request)
    select 'none', n::text, n::text, 'none', now(), 'success', now(), now(), jsonb_build_object('text', repeat('x', 1500))
    from generate_series(1, 3000) n`)
