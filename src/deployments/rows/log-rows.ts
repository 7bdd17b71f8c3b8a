import { type Sql, sql } from '../../db/sql.ts'
import type { LogMessage } from '../device-log.ts'
import { failureReason } from '../failure-reason.ts'

/** Stores a log in place of an earlier one. `keys` and `from` select the tenant, the device and the deployment. */
export const insertLog = (
  { keys, from }: { keys: Sql; from: Sql },
  messages: readonly LogMessage[],
  now: string,
): Sql => sql`
  insert into device_deployment_logs (tenant_id, device_id, deployment_id, messages, created, reason)
  select ${keys}, ${JSON.stringify(messages)}::jsonb, ${now}::timestamptz, ${failureReason(messages) ?? ''} ${from}
  on conflict (tenant_id, device_id, deployment_id) do update
    set messages = excluded.messages, created = excluded.created, reason = excluded.reason
  returning true`
