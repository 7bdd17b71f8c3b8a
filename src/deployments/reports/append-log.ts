import type { Db } from '../../db/db.ts'
import { empty, sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import type { DeviceLog, LogMessage } from '../device-log.ts'
import type { DeviceDeploymentKey } from '../rows/device-deployment-rows.ts'
import { insertLog } from '../rows/log-rows.ts'

/** The most messages and bytes of a log that are kept: the newest. */
const MAX_MESSAGES = 1000
const MAX_BYTES = 1024 * 1024

/** Adds messages to the log of a device in a deployment. `replace`: in place of the log of an earlier attempt. */
export async function appendLog(
  env: Env,
  key: DeviceDeploymentKey,
  { messages, replace }: DeviceLog & { replace: boolean },
): Promise<void> {
  if (messages.length === 0) return
  const { tenant_id, device_id, deployment_id } = key
  await env.db.transaction(async (tx) => {
    // Locks the row, so that of two logs none is lost.
    const marked = await tx.first(sql`
      update device_deployments set log = true
      where tenant_id = ${tenant_id} and device_id = ${device_id} and deployment_id = ${deployment_id}
        and deleted is null
      returning true`)
    if (!marked) return
    const earlier = replace ? [] : await readMessages(tx, key)
    const keys = sql`${tenant_id}, ${device_id}, ${deployment_id}`
    await tx.query(insertLog({ keys, from: empty }, newest([...earlier, ...messages]), nowText(env)))
  })
}

async function readMessages(tx: Db, { tenant_id, device_id, deployment_id }: DeviceDeploymentKey) {
  const log = await tx.first<DeviceLog>(sql`
    select messages from device_deployment_logs
    where tenant_id = ${tenant_id} and device_id = ${device_id} and deployment_id = ${deployment_id}`)
  return log?.messages ?? []
}

function newest(messages: readonly LogMessage[]): readonly LogMessage[] {
  let bytes = 0
  const tooOld = messages.findLastIndex((message) => {
    bytes += Buffer.byteLength(JSON.stringify(message))
    return bytes > MAX_BYTES
  })
  return messages.slice(Math.max(tooOld + 1, messages.length - MAX_MESSAGES))
}
