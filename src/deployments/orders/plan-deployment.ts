import { andOfVisible } from '../../artifacts/visible-releases.ts'
import type { Actor } from '../../auth/actor.ts'
import { planHas } from '../../auth/plan.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { featureNotInPlan, noArtifact, releaseOutOfReach } from '../../errors.ts'
import type { ControlMap } from '../deployment.ts'
import { type NewPhase, type PlannedPhase, readNewPhases, sizePhases } from '../phases.ts'
import type { Target } from '../target.ts'
import { findTarget, type TargetDevices, type TargetSink } from './find-target.ts'

export type NewDeployment = {
  name: string
  artifact_name: string
  target: Target
  phases: NewPhase[]
  retries: number
  force_installation: boolean
  update_control_map?: ControlMap | undefined
  autogenerate_delta?: boolean | undefined
}

type DeploymentPlan = { target: TargetDevices; phases: PlannedPhase[] }

/** Derives target and phases from a definition, for creation and for preview alike. Throws if it is invalid. */
export async function planDeployment(
  db: Db,
  actor: Actor,
  definition: NewDeployment,
  sink: TargetSink,
): Promise<DeploymentPlan> {
  requirePlan(actor, definition)
  const phases = readNewPhases(definition.phases)
  const target = await findTarget(db, actor, definition.target, sink)
  await requireArtifact(db, actor, definition.artifact_name)
  return { target, phases: sizePhases(phases, target.initial_device_count, target) }
}

function requirePlan(
  { plan }: Actor,
  { target, phases, retries, update_control_map, autogenerate_delta }: NewDeployment,
) {
  const uses = {
    dynamic_deployments: target.kind === 'filter',
    phased_deployments: phases.length > 1,
    scheduled_deployments: phases.length > 0 && Boolean(phases[0]?.start_ts),
    retries: retries > 0,
    update_control_map: update_control_map !== undefined,
    autogenerate_delta: autogenerate_delta === true,
  }
  for (const [feature, is_used] of Object.entries(uses) as [keyof typeof uses, boolean][])
    if (is_used && !planHas(plan, feature)) throw featureNotInPlan()
}

export async function requireArtifact(db: Db, actor: Actor, name: string): Promise<void> {
  const found = await db.first(sql`
    select 1 from artifacts a
    where a.tenant_id = ${actor.tenant_id} and a.name = ${name} ${andOfVisible(actor)} limit 1`)
  if (found) return
  // The same error as for a release that does not exist, so that it reveals nothing about others.
  throw actor.scope.tags === null ? noArtifact() : releaseOutOfReach()
}
