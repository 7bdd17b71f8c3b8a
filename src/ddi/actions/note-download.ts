import { sql } from '../../db/sql.ts'
import { reportStatus } from '../../deployments/reports/report-status.ts'
import type { Env } from '../../env.ts'
import { Refusal } from '../../refusal.ts'
import { type Action, stateOf } from '../action.ts'

/** Records that a device downloads the artifact of an action, or has all of its bytes. Some clients do not say so. */
export async function noteDownload(env: Env, action: Action, { is_complete }: { is_complete: boolean }): Promise<void> {
  const { tenant_id, device_id, action_id, deployment_id, attempt, status } = action
  if (stateOf(action) !== 'active') return
  if (is_complete)
    await env.db.query(sql`
      update ddi_actions set downloaded = true
      where tenant_id = ${tenant_id} and device_id = ${device_id} and action_id = ${action_id} and not downloaded`)
  // Clients that read many small ranges say nothing new with each of them.
  if (status !== 'pending' && !(is_complete && status === 'downloading')) return
  const report = { status: is_complete ? ('installing' as const) : ('downloading' as const), attempt }
  // The deployment was aborted in the meantime.
  await reportStatus(env, action, deployment_id, report).catch((error) => {
    if (!(error instanceof Refusal)) throw error
  })
}
