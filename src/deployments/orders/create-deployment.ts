import { randomUUID } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import type { Db, Transaction } from '../../db/db.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { PlannedPhase } from '../phases.ts'
import type { DeploymentKey } from '../rows/progress-rows.ts'
import type { TargetDevices, TargetSink } from './find-target.ts'
import { type NewDeployment, planDeployment, requireArtifact } from './plan-deployment.ts'

/** Creates a deployment, which the next poll of any device takes into account. */
export async function createDeployment(env: Env, actor: Actor, definition: NewDeployment): Promise<{ id: string }> {
  const id = randomUUID()
  const now = env.now()
  await env.db.transaction(async (tx) => {
    const { kind } = definition.target
    // Locks: the memberships for an audience, then the tenant (CONTRIBUTING.md, "Locks").
    if (kind === 'all' || kind === 'group') await lockMemberships(tx, actor.tenant_id, 'exclusive')
    const sink = sinkFor(tx, { tenant_id: actor.tenant_id, deployment_id: id })
    const { target, phases } = await planDeployment(tx, actor, definition, sink)
    const created = await nextCreated(tx, actor.tenant_id, { now: now.toISOString(), audience: target.audience })
    insertDeployment(tx, actor.tenant_id, { id, created, definition, target, phases })
    const { name, artifact_name } = definition
    const object = eventObject('deployment', id, { name, artifact_name })
    await Promise.all([
      // Again, now that the locked tenant prevents changes of artifacts: the last one may have been deleted.
      requireArtifact(tx, actor, artifact_name),
      recordEvent(tx, actor, { at: now, action: 'create', object }),
    ])
  })
  return { id }
}

const sinkFor = (tx: Db, key: DeploymentKey): TargetSink => ({
  async count(accepted) {
    return (await tx.first<{ count: number }>(sql`select count(*) from devices d where ${accepted}`))?.count ?? 0
  },
  addNamed: (ids) => insertTargets(tx, key, ids),
})

const insertTargets = (tx: Db, { tenant_id, deployment_id }: DeploymentKey, ids: readonly string[]) =>
  tx.query(sql`
    insert into deployment_targets (tenant_id, device_id, deployment_id)
    select ${tenant_id}, id, ${deployment_id} from unnest(${ids}::text[]) as id`)

type Creation = { now: string; audience: TargetDevices['audience'] }

/** Strictly later than every earlier deployment of the tenant. Locks the row of the tenant. */
async function nextCreated(tx: Db, tenant_id: string, { now, audience }: Creation): Promise<string> {
  const created = sql`greatest(${now}::timestamptz, last_deployment_created + interval '1 millisecond')`
  const row = await tx.first<{ created: string }>(sql`
    update tenants set deployments_version = deployments_version + 1, last_deployment_created = ${created},
      last_listing_created = ${audience === null ? sql`last_listing_created` : created}
    where tenant_id = ${tenant_id} returning last_deployment_created as created`)
  if (!row) throw new Error(`Tenant ${tenant_id} has been removed.`)
  return row.created
}

type PlannedDeployment = {
  id: string
  created: string
  definition: NewDeployment
  target: TargetDevices
  phases: PlannedPhase[]
}

function insertDeployment(tx: Transaction, tenant_id: string, planned: PlannedDeployment) {
  const { id, created, definition, target, phases } = planned
  const filter = target.filter ? JSON.stringify(target.filter) : null
  const control_map = definition.update_control_map ? JSON.stringify(definition.update_control_map) : null
  tx.send(sql`
    insert into deployments (tenant_id, id, name, artifact_name, created, dynamic, filter, audience, groups,
      max_devices, initial_device_count, retries, force_installation, update_control_map,
      autogenerate_delta, first_start_ts)
    values (${tenant_id}, ${id}, ${definition.name}, ${definition.artifact_name}, ${created},
      ${target.dynamic}, ${filter}, ${target.audience}, ${target.groups}, ${target.max_devices},
      ${target.initial_device_count}, ${definition.retries}, ${definition.force_installation}, ${control_map},
      ${definition.autogenerate_delta ?? null}, ${phases[0]?.start_ts ?? null})`)
  tx.send(sql`
    insert into deployment_progress (tenant_id, deployment_id, "pending")
    values (${tenant_id}, ${id}, ${target.dynamic ? 0 : target.initial_device_count})`)
  tx.send(sql`
    insert into deployment_phases (tenant_id, deployment_id, phase_index, id, batch_size, start_ts, capacity)
    select ${tenant_id}, ${id}, ordinality - 1, gen_random_uuid()::text, batch_size, start_ts, capacity
    from unnest(${phases.map(({ batch_size }) => batch_size)}::int[],
      ${phases.map(({ start_ts }) => start_ts)}::timestamptz[],
      ${phases.map(({ capacity }) => capacity)}::int[]) with ordinality as phase (batch_size, start_ts, capacity)`)
}
