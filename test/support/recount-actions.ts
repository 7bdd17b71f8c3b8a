import { expect } from 'vitest'
import type { Db } from '../../src/db/db.ts'
import { sql } from '../../src/db/sql.ts'

/** Expects of each device that speaks DDI one action for each attempt, in their order, and at most one open. */
export async function expectActionsToMatchRows(db: Db): Promise<void> {
  const twice = await db.query(sql`
    select device_id, device_deployment_id, attempt from ddi_actions
    group by tenant_id, device_id, device_deployment_id, attempt having count(*) > 1`)
  const open = await db.query(sql`
    select device_id, array_agg(action_id) as action_ids from ddi_actions where closed is null
    group by tenant_id, device_id having count(*) > 1`)
  const disordered = await db.query(sql`
    select a.device_id, a.action_id, b.action_id as later_id from ddi_actions a
    join ddi_actions b on b.tenant_id = a.tenant_id and b.device_id = a.device_id
      and b.device_deployment_id = a.device_deployment_id and b.attempt > a.attempt and b.action_id < a.action_id`)
  const early = await db.query(sql`
    select a.device_id, a.action_id, a.attempt, dd.attempts from ddi_actions a
    join device_deployments dd on dd.tenant_id = a.tenant_id and dd.device_id = a.device_id
      and dd.id = a.device_deployment_id
    where a.attempt > dd.attempts`)
  expect({ twice, open, disordered, early }).toEqual({ twice: [], open: [], disordered: [], early: [] })
}
