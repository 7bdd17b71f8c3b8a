import { hasVersion } from '../../artifacts/downgrade.ts'
import { findArtifactsNamed } from '../../artifacts/find-artifacts.ts'
import { andOfVisible } from '../../artifacts/visible-releases.ts'
import type { Actor } from '../../auth/actor.ts'
import { planHas } from '../../auth/plan.ts'
import { toStoredId } from '../../auth/stored-id.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { featureNotInPlan, invalidField, noArtifact, releaseOutOfReach } from '../../errors.ts'
import { noRollbackRelease, releaseWithoutVersion } from '../../rollout-errors.ts'
import type { Declaration } from '../declaration.ts'
import type { ControlMap } from '../deployment.ts'
import { type NewPhase, type PlannedPhase, readNewPhases, sizePhases, withoutEmptyPhases } from '../phases.ts'
import {
  type Exclusion,
  type NewRollout,
  type RolloutRules,
  readExclusion,
  readRollout,
  rulesOf,
} from '../rollout/rules.ts'
import type { Target } from '../target.ts'
import { findTarget, type TargetDevices, type TargetSink } from './find-target.ts'
import { countNamed, type NamedPhase, resolveNamed } from './named-phases.ts'
import { requireFilter } from './require-filter.ts'

export type NewDeployment = {
  name: string
  artifact_name: string
  target: Target
  phases: NewPhase[]
  retries: number
  force_installation: boolean
  update_control_map?: ControlMap | undefined
  autogenerate_delta?: boolean | undefined
  rollout: NewRollout
  declaration?: Declaration | undefined
  /** The phases are those of a recipe, which need not fit the number of devices. */
  has_recipe_phases: boolean
}

export type DeploymentPlan = {
  target: TargetDevices
  phases: (PlannedPhase & NamedPhase)[]
  rules: RolloutRules | null
  exclude: Exclusion | null
}

/** Derives target and phases from a definition, for creation and for preview alike. Throws if it is invalid. */
export async function planDeployment(
  db: Db,
  actor: Actor,
  definition: NewDeployment,
  sink: TargetSink,
): Promise<DeploymentPlan> {
  requirePlan(actor, definition)
  const { rollout: given, has_recipe_phases } = definition
  const read = readNewPhases(definition.phases, given.gate)
  if (given.gate && read.length < 2 && !given.recipe) throw invalidField('gate', 'needs at least two phases')
  const rollout = readRollout(given)
  const exclude = await resolveExclusion(db, actor, given)
  const target = await findTarget(db, actor, { target: definition.target, exclude, sink })
  await requireArtifact(db, actor, definition.artifact_name)
  if (rollout.no_downgrade) await requireVersions(db, actor, definition.artifact_name)
  await requireRollbackRelease(db, actor, rollout.failure_policy?.rollback_artifact_name)
  const resolved = await resolveNamed(db, actor.tenant_id, read)
  const counts = await countNamed(db, target.members, resolved)
  const sizes = { devices: target.initial_device_count, named: counts, dynamic: target.dynamic }
  const fitting = has_recipe_phases
    ? withoutEmptyPhases(read, sizes)
    : read.map((phase, index) => ({ ...phase, index }))
  const named = fitting.map(({ index }) => counts[index] ?? null)
  const sized = sizePhases(fitting, { ...sizes, named, is_recipe: has_recipe_phases })
  const phases = sized.map((phase, i) => ({ ...phase, named: resolved[fitting[i]!.index] ?? null }))
  const has_gates = phases.some(({ gate }) => gate !== null)
  return {
    target,
    phases,
    exclude: withPinned(exclude, target),
    rules: rulesOf(rollout, { devices: target.initial_device_count, has_gates }),
  }
}

/** A static deployment leaves out what is pinned forever at its creation: otherwise it would never finish. */
function withPinned(exclude: Exclusion | null, { pinned_ids }: TargetDevices): Exclusion | null {
  if (pinned_ids.length === 0) return exclude
  return { ...exclude, device_ids: [...(exclude?.device_ids ?? []), ...pinned_ids], pinned_ids }
}

async function resolveExclusion(db: Db, { tenant_id }: Actor, given: NewRollout): Promise<Exclusion | null> {
  if (!given.exclude) return null
  const { device_ids, filter_id } = readExclusion(given.exclude)
  const filter = filter_id && (await requireFilter(db, tenant_id, toStoredId(filter_id), 'exclude.filter_id'))
  return { device_ids: device_ids.map(toStoredId), ...(filter ? { filter } : {}) }
}

function requirePlan({ plan }: Actor, definition: NewDeployment) {
  const { target, phases, retries, update_control_map, autogenerate_delta, rollout } = definition
  const uses = {
    dynamic_deployments: target.kind === 'filter',
    phased_deployments: phases.length > 1,
    scheduled_deployments: phases.length > 0 && Boolean(phases[0]?.start_ts),
    retries: retries > 0,
    update_control_map: update_control_map !== undefined,
    autogenerate_delta: autogenerate_delta === true,
    rollout_rules:
      Object.values(rollout).some((member) => member !== undefined && member !== null) ||
      phases.some(({ device_ids, filter_id, gate }) => Boolean(device_ids || filter_id || gate)),
  }
  for (const [feature, is_used] of Object.entries(uses) as [keyof typeof uses, boolean][])
    if (is_used && !planHas(plan, feature)) throw featureNotInPlan()
}

export async function requireArtifact(db: Db, actor: Actor, name: string): Promise<void> {
  if (await findArtifact(db, actor, name)) return
  // The same error as for a release that does not exist, so that it reveals nothing about others.
  throw actor.scope.tags === null ? noArtifact() : releaseOutOfReach()
}

/** A rule that compares versions must not be without effect because there is nothing to compare. */
async function requireVersions(db: Db, { tenant_id }: Actor, name: string): Promise<void> {
  const artifacts = await findArtifactsNamed(db, tenant_id, [name])
  const bare = artifacts.find((artifact) => !hasVersion(artifact))
  if (bare) throw releaseWithoutVersion(bare.device_types_compatible.join(', '))
}

export async function requireRollbackRelease(db: Db, actor: Actor, name: string | undefined): Promise<void> {
  if (name === undefined || (await findArtifact(db, actor, name))) return
  throw actor.scope.tags === null ? noRollbackRelease() : releaseOutOfReach()
}

const findArtifact = (db: Db, actor: Actor, name: string) =>
  db.first(sql`
    select 1 from artifacts a
    where a.tenant_id = ${actor.tenant_id} and a.name = ${name} ${andOfVisible(actor)} limit 1`)
