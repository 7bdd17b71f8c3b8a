import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { DeviceLog } from '../device-log.ts'
import { failureReason } from '../failure-reason.ts'
import type { DeviceDeploymentKey } from '../rows/device-deployment-rows.ts'

const BATCH = 100

/**
 * Finds the reasons of failures in logs that were stored by a version that did not look for them. Several processes may
 * run this at once, and stop at any point.
 */
export async function readOldLogs({ db }: Pick<Env, 'db'>, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const logs = await db.query<DeviceDeploymentKey & DeviceLog>(sql`
      select tenant_id, device_id, deployment_id, messages from device_deployment_logs where reason is null
      limit ${BATCH}`)
    for (const { tenant_id, device_id, deployment_id, messages } of logs)
      await db.query(sql`
        update device_deployment_logs set reason = ${failureReason(messages) ?? ''}
        where tenant_id = ${tenant_id} and device_id = ${device_id} and deployment_id = ${deployment_id}
          and reason is null`)
    if (logs.length < BATCH) return
  }
}
