import type { DeviceActor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { badRequest, deploymentNotFound } from '../../errors.ts'
import type { DeviceLog } from '../device-log.ts'

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
    insert into device_deployment_logs (tenant_id, device_id, deployment_id, messages, created)
    select tenant_id, device_id, deployment_id, ${JSON.stringify(messages)}::jsonb, ${env.now().toISOString()} from row
    on conflict (tenant_id, device_id, deployment_id) do update
      set messages = excluded.messages, created = excluded.created
    returning 1`)
  if (!saved) throw deploymentNotFound('Deployment not found')
}
