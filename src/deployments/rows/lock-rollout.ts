import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { deploymentNotFound } from '../../errors.ts'
import { phaseNotFound } from '../../rollout-errors.ts'
import type { PhaseState } from '../phase-state.ts'
import type { Progress } from '../progress.ts'
import type { By } from '../rollout/answers.ts'
import { keyOf } from './deployment-key.ts'
import { loadPhases, lockProgress } from './progress-rows.ts'
import { requireVisible } from './visible-deployments.ts'

export type LockedRollout = {
  locked: ReadonlyMap<string, Progress>
  progress: Progress
  deployment: { name: string; artifact_name: string }
  created_by: By | null
}

/** Locks the progress of a deployment that the viewer may see, and reads its phases. Throws if there is none. */
export async function lockRollout(tx: Transaction, viewer: Viewer, deployment_id: string): Promise<LockedRollout> {
  const key = { tenant_id: viewer.tenant_id, deployment_id }
  await requireVisible(tx, viewer, deployment_id)
  const locked = await lockProgress(tx, [key])
  const progress = locked.get(keyOf(key))
  if (!progress) throw deploymentNotFound()
  await loadPhases(tx, [progress])
  const row = await tx.first<LockedRollout['deployment'] & { created_by: By | null }>(sql`
    select name, artifact_name, created_by from deployments
    where tenant_id = ${key.tenant_id} and id = ${deployment_id}`)
  if (!row) throw deploymentNotFound()
  const { created_by, ...deployment } = row
  return { locked, progress, deployment, created_by }
}

export function requirePhase({ phases }: Progress, id: string): PhaseState {
  const phase = phases.find((one) => one.id === id)
  if (!phase) throw phaseNotFound()
  return phase
}
