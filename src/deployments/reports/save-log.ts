import type { DeviceActor } from '../../auth/actor.ts'
import { raw, sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { badRequest, deploymentNotFound } from '../../errors.ts'
import type { DeviceLog } from '../device-log.ts'
import { insertLog } from '../rows/log-rows.ts'

/**
 * Stores the log of a device's last attempt, in place of an earlier one. At any time: clients send it after a failure.
 */
export async function saveLog(
  env: Env,
  { tenant_id, device_id }: DeviceActor,
  deployment_id: string,
  { messages }: DeviceLog,
): Promise<void> {
  if (messages.length === 0) throw badRequest('invalid deployment log: no messages')
  const saved = await env.db.first(sql`
    with row as (
      update device_deployments set log = true
      where tenant_id = ${tenant_id} and device_id = ${device_id} and deployment_id = ${deployment_id}
        and deleted is null
      returning tenant_id, device_id, deployment_id
    )
    ${insertLog({ keys: raw('tenant_id, device_id, deployment_id'), from: raw('from row') }, messages, nowText(env))}`)
  if (!saved) throw deploymentNotFound('Deployment not found')
}
