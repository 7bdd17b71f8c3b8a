import type { Db, Transaction } from '../../db/db.ts'
import { join, raw, sql } from '../../db/sql.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { ACTIVE_STATUSES } from '../device-status.ts'
import type { Progress, RolloutEvent } from '../progress.ts'
import { tripText } from '../rollout-texts.ts'
import { type Names, readNames } from './announce-rows.ts'
import { type DeploymentKey, keyOf } from './deployment-key.ts'
import { createRollback } from './rollback-rows.ts'

/** Saves the gates that changed. The lock on the progress row covers the phases. */
export function saveGates(tx: Transaction, rows: readonly Progress[]): void {
  const changed = rows.flatMap(({ tenant_id, deployment_id, phases, changed_phases }) =>
    [...changed_phases].map((index) => ({ tenant_id, deployment_id, ...phases[index] })),
  )
  if (changed.length === 0) return
  tx.send(sql`
    update deployment_phases f set opened_at = n.opened_at, held_since = n.held_since, gate_opened_at = n.gate_opened_at
    from json_to_recordset(${JSON.stringify(changed)}) as n (tenant_id text, deployment_id text, phase_index int,
      opened_at timestamptz, held_since timestamptz, gate_opened_at timestamptz)
    where f.tenant_id = n.tenant_id and f.deployment_id = n.deployment_id and f.phase_index = n.phase_index`)
}

const ACTIVE = ACTIVE_STATUSES.map((status) => raw(`"${status}"`))

/** The phases of a deployment that is aborted. */
export const abortPhases = (tx: Transaction, { tenant_id, deployment_id }: DeploymentKey) =>
  tx.send(sql`
    update deployment_phases set
      "aborted" = "aborted" + ${join(ACTIVE, raw(' + '))}, ${join(ACTIVE.map((column) => sql`${column} = 0`))},
      timed_out = 0, awaiting_retry = 0
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}`)

/**
 * Does what the failure policy asks for besides the counters, and writes what the rollout did by itself to the audit
 * log. After the rows of the devices and the counters were saved. Locks the tenant's row: the last lock to take.
 */
export async function recordRollout(tx: Transaction, progress: Progress, now: string): Promise<void> {
  const { tenant_id, deployment_id, happened } = progress
  const deployment = await readDeployment(tx, progress)
  const object = eventObject('deployment', deployment_id, deployment)
  const actor = { tenant_id, user_id: 'failure-policy', email: '', type: 'system' as const }
  for (const event of happened) {
    const at = new Date(now)
    await recordEvent(tx, actor, { at, action: ACTION[event.kind], object, change: changeText(event, progress) })
    if (event.kind !== 'tripped' || event.trip.action === 'pause') continue
    abortPhases(tx, progress)
    const artifact_name = progress.rollout?.failure_policy?.rollback_artifact_name
    if (event.trip.action === 'rollback' && artifact_name)
      await createRollback(tx, { of: { tenant_id, deployment_id }, artifact_name, keep_limits: true, actor, at })
  }
  happened.length = 0
}

const ACTION = { gate_opened: 'open', phase_opened: 'open', tripped: 'trip' } as const

function changeText(event: RolloutEvent, { phases }: Progress): string {
  switch (event.kind) {
    case 'gate_opened':
      return `The gate of phase ${event.phase + 1} opened at ${event.at}`
    case 'phase_opened':
      return `Phase ${event.phase + 1} opened at ${event.at}`
    case 'tripped':
      return tripText(event.trip, phases.length)
  }
}

async function readDeployment(tx: Db, key: DeploymentKey): Promise<Names | undefined> {
  const { name, artifact_name } = (await readNames(tx, [key])).get(keyOf(key)) ?? {}
  return name === undefined || artifact_name === undefined ? undefined : { name, artifact_name }
}
