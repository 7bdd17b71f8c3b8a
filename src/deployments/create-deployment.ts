import { randomUUID } from 'node:crypto'
import { andOfVisible } from '../artifacts/visible-releases.ts'
import type { Actor } from '../auth/actor.ts'
import { planHas } from '../auth/plan.ts'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { featureNotInPlan, unprocessable } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { findTarget, type TargetDevices } from './find-target.ts'
import { type NewPhase, type PlannedPhase, planPhases } from './phases.ts'
import type { Target } from './target.ts'

export type NewDeployment = {
  name: string
  artifact_name: string
  target: Target
  phases: NewPhase[]
  retries: number
  force_installation: boolean
  update_control_map?: Record<string, unknown> | undefined
  autogenerate_delta?: boolean | undefined
}

/** Creates a deployment, or refuses and leaves nothing. The very next poll of any device sees it. */
export async function createDeployment(env: Env, actor: Actor, wanted: NewDeployment): Promise<{ id: string }> {
  requirePlan(actor, wanted)
  const id = randomUUID()
  const now = env.now()
  await env.db.transaction(async (tx) => {
    const { target, phases } = await planDeployment(tx, actor, id, wanted)
    const created = await nextCreated(tx, actor.tenant_id, now.toISOString())
    // Once more now that artifacts of this tenant stand still: the last one may have gone since.
    await requireArtifact(tx, actor, wanted.artifact_name)
    await insertDeployment(tx, actor.tenant_id, { ...wanted, id, created, devices: target, planned: phases })
    const { name, artifact_name } = wanted
    await recordEvent(tx, actor.tenant_id, now, {
      actor: { id: actor.user_id, type: 'user', email: actor.email },
      action: 'create',
      object: { id, type: 'deployment', deployment: { name, artifact_name } },
    })
  })
  return { id }
}

/** What creation would do: the target devices and the phases, or the refusal. */
async function planDeployment(tx: Db, actor: Actor, id: string, { target, artifact_name, phases }: NewDeployment) {
  const found = await findTarget(tx, actor, id, target)
  await requireArtifact(tx, actor, artifact_name)
  return { target: found, phases: planPhases(phases, found.initial_device_count, found) }
}

function requirePlan(
  { plan }: Actor,
  { target, phases, retries, update_control_map, autogenerate_delta }: NewDeployment,
) {
  const wants = {
    dynamic_deployments: target.kind === 'filter',
    phased_deployments: phases.length > 1,
    scheduled_deployments: phases.length > 0 && Boolean(phases[0]?.start_ts),
    retries: retries > 0,
    update_control_map: update_control_map !== undefined,
    autogenerate_delta: autogenerate_delta === true,
  }
  for (const [feature, wanted] of Object.entries(wants) as [keyof typeof wants, boolean][])
    if (wanted && !planHas(plan, feature)) throw featureNotInPlan()
}

async function requireArtifact(tx: Db, actor: Actor, name: string) {
  const found = await tx.first(sql`
    select 1 from artifacts a where a.tenant_id = ${actor.tenant_id} and a.name = ${name} ${andOfVisible(actor)} limit 1`)
  if (!found) throw unprocessable('No artifact for the deployment')
}

/** Strictly later than every earlier deployment of the tenant, whose row stays locked. */
async function nextCreated(tx: Db, tenant_id: string, now: string): Promise<string> {
  const row = await tx.first<{ created: string }>(sql`
    update tenants set deployments_version = deployments_version + 1,
      last_deployment_created = greatest(${now}::timestamptz, last_deployment_created + interval '1 millisecond')
    where tenant_id = ${tenant_id} returning last_deployment_created as created`)
  if (!row) throw new Error(`Tenant ${tenant_id} is gone.`)
  return row.created
}

type Planned = NewDeployment & { id: string; created: string; devices: TargetDevices; planned: PlannedPhase[] }

async function insertDeployment(tx: Db, tenant_id: string, { id, created, devices, planned, ...wanted }: Planned) {
  await tx.query(sql`
    insert into deployments (tenant_id, id, name, artifact_name, created, dynamic, filter, groups, max_devices,
      initial_device_count, retries, force_installation, update_control_map, autogenerate_delta, first_start_ts)
    values (${tenant_id}, ${id}, ${wanted.name}, ${wanted.artifact_name}, ${created}, ${devices.dynamic},
      ${devices.filter ? JSON.stringify(devices.filter) : null}, ${devices.groups}, ${devices.max_devices},
      ${devices.initial_device_count}, ${wanted.retries}, ${wanted.force_installation},
      ${wanted.update_control_map ? JSON.stringify(wanted.update_control_map) : null}, ${wanted.autogenerate_delta ?? null},
      ${planned[0]?.start_ts ?? null})`)
  await tx.query(sql`
    insert into deployment_progress (tenant_id, deployment_id, "pending")
    values (${tenant_id}, ${id}, ${devices.dynamic ? 0 : devices.initial_device_count})`)
  await tx.query(sql`
    insert into deployment_phases (tenant_id, deployment_id, phase_index, id, batch_size, start_ts, capacity)
    select ${tenant_id}, ${id}, ordinality - 1, gen_random_uuid()::text, batch_size, start_ts, capacity
    from unnest(${planned.map(({ batch_size }) => batch_size)}::int[], ${planned.map(({ start_ts }) => start_ts)}::timestamptz[],
      ${planned.map(({ capacity }) => capacity)}::int[]) with ordinality as phase (batch_size, start_ts, capacity)`)
}
