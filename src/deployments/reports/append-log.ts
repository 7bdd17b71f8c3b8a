import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import type { DeviceLog } from '../device-log.ts'
import type { DeviceDeploymentKey } from '../rows/device-deployment-rows.ts'

/** The most messages and bytes of a log that are kept: the newest. */
const MAX_MESSAGES = 1000
const MAX_BYTES = 1024 * 1024

/** Adds messages to the log of a device in a deployment. `replace`: in place of the log of an earlier attempt. */
export async function appendLog(
  env: Env,
  { tenant_id, device_id, deployment_id }: DeviceDeploymentKey,
  { messages, replace }: DeviceLog & { replace: boolean },
): Promise<void> {
  if (messages.length === 0) return
  await env.db.query(sql`
    with row as (
      update device_deployments set log = true
      where tenant_id = ${tenant_id} and device_id = ${device_id} and deployment_id = ${deployment_id}
        and deleted is null
      returning tenant_id, device_id, deployment_id
    )
    insert into device_deployment_logs as l (tenant_id, device_id, deployment_id, messages, created)
    select tenant_id, device_id, deployment_id, ${JSON.stringify(messages)}::jsonb, ${nowText(env)} from row
    on conflict (tenant_id, device_id, deployment_id) do update
      set created = excluded.created, messages = case when ${replace} then excluded.messages else (
        select jsonb_agg(m.message order by m.at)
        from (
          select message, at, row_number() over newest as count, sum(octet_length(message::text)) over newest as bytes
          from jsonb_array_elements(l.messages || excluded.messages) with ordinality as every (message, at)
          window newest as (order by at desc)
        ) m
        where m.count <= ${MAX_MESSAGES}::int and m.bytes <= ${MAX_BYTES}::int) end`)
}
