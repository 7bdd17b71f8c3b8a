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

/** Creates a deployment, or refuses and leaves nothing. The very next poll of any device sees it. */
export async function createDeployment(env: Env, actor: Actor, wanted: NewDeployment): Promise<{ id: string }> {
  const id = randomUUID()
  const now = env.now()
  await env.db.transaction(async (tx) => {
    const { kind } = wanted.target
    if (kind === 'all' || kind === 'group') await lockMemberships(tx, actor.tenant_id, 'exclusive')
    const counting = countingFor(tx, { tenant_id: actor.tenant_id, deployment_id: id })
    const { target, phases } = await planDeployment(tx, actor, wanted, counting)
    const created = await nextCreated(tx, actor.tenant_id, { now: now.toISOString(), audience: target.audience })
    insertDeployment(tx, actor.tenant_id, { ...wanted, id, created, devices: target, planned: phases })
    const { name, artifact_name } = wanted
    const object = eventObject('deployment', id, { name, artifact_name })
    await Promise.all([
      // Once more now that artifacts of this tenant stand still: the last one may have gone since.
      requireArtifact(tx, actor, artifact_name),
      recordEvent(tx, actor, { at: now, action: 'create', object }),
    ])
  })
  return { id }
}

const countingFor = (tx: Db, key: DeploymentKey): TargetSink => ({
  async count(accepted) {
    return (await tx.first<{ count: number }>(sql`select count(*) from devices d where ${accepted}`))?.count ?? 0
  },
  addNamed: (ids) => list(tx, key, ids),
})

const list = (tx: Db, { tenant_id, deployment_id }: DeploymentKey, ids: readonly string[]) =>
  tx.query(sql`
    insert into deployment_targets (tenant_id, device_id, deployment_id)
    select ${tenant_id}, id, ${deployment_id} from unnest(${ids}::text[]) as id`)

type Moment = { now: string; audience: TargetDevices['audience'] }

/** Strictly later than every earlier deployment of the tenant, whose row stays locked. */
async function nextCreated(tx: Db, tenant_id: string, { now, audience }: Moment): Promise<string> {
  const created = sql`greatest(${now}::timestamptz, last_deployment_created + interval '1 millisecond')`
  const row = await tx.first<{ created: string }>(sql`
    update tenants set deployments_version = deployments_version + 1, last_deployment_created = ${created},
      last_listing_created = ${audience === null ? sql`last_listing_created` : created}
    where tenant_id = ${tenant_id} returning last_deployment_created as created`)
  if (!row) throw new Error(`Tenant ${tenant_id} is gone.`)
  return row.created
}

type Planned = NewDeployment & { id: string; created: string; devices: TargetDevices; planned: PlannedPhase[] }

function insertDeployment(tx: Transaction, tenant_id: string, { id, created, devices, planned, ...wanted }: Planned) {
  tx.send(sql`
    insert into deployments (tenant_id, id, name, artifact_name, created, dynamic, filter, audience, groups, max_devices,
      initial_device_count, retries, force_installation, update_control_map, autogenerate_delta, first_start_ts)
    values (${tenant_id}, ${id}, ${wanted.name}, ${wanted.artifact_name}, ${created}, ${devices.dynamic},
      ${devices.filter ? JSON.stringify(devices.filter) : null}, ${devices.audience}, ${devices.groups}, ${devices.max_devices},
      ${devices.initial_device_count}, ${wanted.retries}, ${wanted.force_installation},
      ${wanted.update_control_map ? JSON.stringify(wanted.update_control_map) : null}, ${wanted.autogenerate_delta ?? null},
      ${planned[0]?.start_ts ?? null})`)
  tx.send(sql`
    insert into deployment_progress (tenant_id, deployment_id, "pending")
    values (${tenant_id}, ${id}, ${devices.dynamic ? 0 : devices.initial_device_count})`)
  tx.send(sql`
    insert into deployment_phases (tenant_id, deployment_id, phase_index, id, batch_size, start_ts, capacity)
    select ${tenant_id}, ${id}, ordinality - 1, gen_random_uuid()::text, batch_size, start_ts, capacity
    from unnest(${planned.map(({ batch_size }) => batch_size)}::int[], ${planned.map(({ start_ts }) => start_ts)}::timestamptz[],
      ${planned.map(({ capacity }) => capacity)}::int[]) with ordinality as phase (batch_size, start_ts, capacity)`)
}
