import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { readAborts } from '../../deployments/rows/abort-rows.ts'
import type { Action } from '../action.ts'

export type ActionKey = { tenant_id: string; device_id: string; action_id: number }

/** Undefined: the device has no such action. */
export async function readAction(db: Db, { tenant_id, device_id, action_id }: ActionKey): Promise<Action | undefined> {
  const row = await db.first<Action & { is_unfinished: boolean }>(sql`
    select a.tenant_id, a.device_id, a.action_id, a.deployment_id, a.device_deployment_id, a.attempt, a.artifact_id,
      a.created, a.downloaded, a.reported, a.cancel_since, a.cancel_rejected, a.closed, e.status, e.attempts,
      e.id is not null and e.finished is null as is_unfinished
    from ddi_actions a
    left join device_deployments e on e.tenant_id = a.tenant_id and e.device_id = a.device_id
      and e.id = a.device_deployment_id and e.deleted is null
    where a.tenant_id = ${tenant_id} and a.device_id = ${device_id} and a.action_id = ${action_id}`)
  if (!row) return undefined
  const { is_unfinished, ...action } = row
  const [aborted] = is_unfinished ? await readAborts(db, [action]) : []
  return aborted ? { ...action, status: 'aborted' } : action
}

/** Ends an action: the device need not be asked about it any more. */
export const closeAction = (db: Db, { tenant_id, device_id, action_id }: ActionKey, now: string) =>
  db.query(sql`
    update ddi_actions set closed = ${now}
    where tenant_id = ${tenant_id} and device_id = ${device_id} and action_id = ${action_id} and closed is null`)
