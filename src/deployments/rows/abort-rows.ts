import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { among, type DeploymentKey, keyOf } from './deployment-key.ts'

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
export async function writeAbortsOf(
  tx: Db,
  devices: readonly { tenant_id: string; device_id: string }[],
): Promise<void> {
  if (devices.length === 0) return
  const unfinished = await tx.query<DeploymentKey & { device_id: string }>(sql`
    select tenant_id, device_id, deployment_id from device_deployments
    where tenant_id = any(${[...new Set(devices.map(({ tenant_id }) => tenant_id))]}::text[])
      and device_id = any(${devices.map(({ device_id }) => device_id)}::text[]) and finished is null`)
  for (const aborted of await readAborts(tx, unfinished)) {
    const rows = unfinished.filter((row) => keyOf(row) === keyOf(aborted))
    await writeAbort(
      tx,
      aborted,
      rows.map(({ device_id }) => device_id),
    )
  }
}

/** Which of these deployments are aborted. Deployments may be on another machine than their devices. */
export async function readAborts(db: Db, keys: readonly DeploymentKey[]): Promise<AbortedDeployment[]> {
  if (keys.length === 0) return []
  return db.query(sql`
    select tenant_id, deployment_id, finished from deployment_progress
    where ${among(sql`(tenant_id, deployment_id)`, keys)} and was_aborted`)
}
