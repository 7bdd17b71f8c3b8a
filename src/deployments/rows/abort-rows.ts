import type { Db, Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { DeploymentKey } from './deployment-key.ts'

/** An aborted deployment: `finished` is when it was aborted. */
export type AbortedDeployment = DeploymentKey & { finished: string }

/** Writes the abort of a deployment back to the rows of locked devices. */
export const writeAbort = (
  tx: Db,
  { tenant_id, deployment_id, finished }: AbortedDeployment,
  device_ids: readonly string[],
) =>
  tx.query(sql`
    update device_deployments set status = 'aborted', finished = ${finished}, deadline = null
    where tenant_id = ${tenant_id} and device_id = any(${device_ids}::text[]) and deployment_id = ${deployment_id}
      and finished is null`)

/** Writes aborts back for locked devices that get another row: a device has at most one unfinished row. */
export function writeAbortsOf(tx: Transaction, devices: readonly { tenant_id: string; device_id: string }[]): void {
  if (devices.length === 0) return
  tx.send(sql`
    update device_deployments dd set status = 'aborted', finished = p.finished, deadline = null
    from deployment_progress p
    where p.tenant_id = dd.tenant_id and p.deployment_id = dd.deployment_id and p.was_aborted and dd.finished is null
      and (dd.tenant_id, dd.device_id) in (select * from unnest(
        ${devices.map(({ tenant_id }) => tenant_id)}::text[], ${devices.map(({ device_id }) => device_id)}::text[]))`)
}
