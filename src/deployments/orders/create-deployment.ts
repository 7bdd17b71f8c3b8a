import { randomUUID } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import type { Db } from '../../db/db.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import { lockTargets } from '../../db/locks/targets-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { openingsAtCreation } from '../phase-state.ts'
import { announceDeployment } from '../rows/announce-rows.ts'
import type { DeploymentKey } from '../rows/deployment-key.ts'
import { type DeploymentRow, insertDeployment, nextCreated } from '../rows/deployment-rows.ts'
import { requireFreeKey } from '../rows/require-free-key.ts'
import { insertTargets } from '../rows/target-rows.ts'
import type { TargetSink } from './find-target.ts'
import { rankBounds } from './named-phases.ts'
import {
  type DeploymentPlan,
  type NewDeployment,
  planDeployment,
  requireArtifact,
  requireRollbackRelease,
} from './plan-deployment.ts'

/** Creates a deployment, which the next poll of any device takes into account. */
export async function createDeployment(env: Env, actor: Actor, definition: NewDeployment): Promise<{ id: string }> {
  const id = randomUUID()
  const now = env.now()
  await env.db.transaction(async (tx) => {
    await requireFreeKey(tx, actor.tenant_id, definition.declaration)
    const { kind } = definition.target
    // Locks: the memberships for an audience, then the tenant (CONTRIBUTING.md, "Locks").
    if (kind === 'all' || kind === 'group') await lockMemberships(tx, actor.tenant_id, 'exclusive')
    await lockTargets(tx, id)
    const sink = sinkFor(tx, { tenant_id: actor.tenant_id, deployment_id: id })
    const plan = await planDeployment(tx, actor, definition, sink)
    const bounds = await findBounds(tx, id, plan)
    const { audience } = plan.target
    const created = await nextCreated(tx, actor.tenant_id, { now: now.toISOString(), audience })
    await requireFreeKey(tx, actor.tenant_id, definition.declaration)
    const opened = plan.rules?.has_gates ? openingsAtCreation(plan.phases, now.toISOString()) : []
    const phases = plan.phases.map((phase, i) => ({
      ...{ ...phase, rank_below: bounds[i] ?? null, opened_at: opened[i] ?? null },
    }))
    insertDeployment(tx, toRow(actor, { id, created, definition, plan }), phases)
    const { name, artifact_name } = definition
    const by = { id: actor.user_id, email: actor.email }
    const key = { tenant_id: actor.tenant_id, deployment_id: id, name, artifact_name, at: now.toISOString() }
    await announceDeployment(tx, key, [{ type: 'deployment-created', details: { by } }])
    const object = eventObject('deployment', id, { name, artifact_name })
    await Promise.all([
      // Again, now that the locked tenant prevents changes of artifacts: the last one may have been deleted.
      requireArtifact(tx, actor, artifact_name),
      requireRollbackRelease(tx, actor, plan.rules?.failure_policy?.rollback_artifact_name),
      recordEvent(tx, actor, { at: now, action: 'create', object }),
    ])
  })
  return { id }
}

/** In random order, the rank at which each phase ends. */
const findBounds = (tx: Db, deployment_id: string, { rules, target, phases }: DeploymentPlan) =>
  rules?.order === 'random' && phases.length > 0
    ? rankBounds(tx, { deployment_id, members: target.members, phases })
    : []

type Planned = { id: string; created: string; definition: NewDeployment; plan: DeploymentPlan }

const toRow = ({ tenant_id, user_id, email }: Actor, { id, created, definition, plan }: Planned): DeploymentRow => ({
  ...{ tenant_id, id, type: 'software', created, name: definition.name, artifact_name: definition.artifact_name },
  configuration: null,
  ...{ dynamic: plan.target.dynamic, filter: plan.target.filter ?? null, audience: plan.target.audience },
  ...{ groups: plan.target.groups, max_devices: plan.target.max_devices },
  initial_device_count: plan.target.initial_device_count,
  ...{ retries: definition.retries, force_installation: definition.force_installation },
  update_control_map: definition.update_control_map ?? null,
  autogenerate_delta: definition.autogenerate_delta ?? null,
  ...{ rollout: plan.rules, exclude: plan.exclude, created_by: { id: user_id, email }, rollback_of: null },
  ...{ key: definition.declaration?.key ?? null, declared: definition.declaration?.declared ?? null },
})

const sinkFor = (tx: Db, key: DeploymentKey): TargetSink => ({
  async count(accepted) {
    return (await tx.first<{ count: number }>(sql`select count(*) from devices d where ${accepted}`))?.count ?? 0
  },
  addNamed: (ids) => insertTargets(tx, key, ids),
})
