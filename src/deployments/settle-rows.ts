import type { Transaction } from '../db/db.ts'
import { type Sql, sql } from '../db/sql.ts'

/** Writes into rows `dd` that the abort of their deployment ended them. */
export const settle = (which: Sql): Sql => sql`
  update device_deployments dd set status = 'aborted', finished = p.finished
  from deployment_progress p
  where p.tenant_id = dd.tenant_id and p.deployment_id = dd.deployment_id and p.was_aborted and dd.finished is null and ${which}`

/** For devices under lock whose unfinished row would be in the way: a device has one at most. */
export function settleDevices(tx: Transaction, devices: readonly { tenant_id: string; device_id: string }[]): void {
  if (devices.length === 0) return
  tx.send(
    settle(sql`(dd.tenant_id, dd.device_id) in (select * from unnest(
      ${devices.map(({ tenant_id }) => tenant_id)}::text[], ${devices.map(({ device_id }) => device_id)}::text[]))`),
  )
}
