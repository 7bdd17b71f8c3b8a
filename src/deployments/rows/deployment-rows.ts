import type { Db, Transaction } from '../../db/db.ts'
import { empty, sql } from '../../db/sql.ts'
import type { Declared } from '../declaration.ts'
import type { ControlMap } from '../deployment.ts'
import type { DeploymentType } from '../deployment-type.ts'
import type { NamedDevices, PlannedPhase } from '../phases.ts'
import type { By } from '../rollout/answers.ts'
import type { Exclusion, RolloutRules } from '../rollout/rules.ts'

type Audience = 'all' | 'group' | 'touched' | null

/** A deployment to insert. */
export type DeploymentRow = {
  tenant_id: string
  id: string
  type: DeploymentType
  name: string
  artifact_name: string
  /** Null: it deploys a release. */
  configuration: Readonly<Record<string, string>> | null
  created: string
  dynamic: boolean
  filter: object | null
  audience: Audience
  groups: readonly string[]
  max_devices: number | null
  initial_device_count: number
  retries: number
  force_installation: boolean
  update_control_map: ControlMap | null
  autogenerate_delta: boolean | null
  rollout: RolloutRules | null
  exclude: Exclusion | null
  created_by: By
  rollback_of: string | null
  key: string | null
  declared: Declared | null
}

export type PhaseRow = PlannedPhase & {
  named: NamedDevices | null
  rank_below: number | null
  opened_at: string | null
}

/** `of_device`: a deployment to one device, whose own version is raised instead. */
type Creation = { now: string; audience: Audience; of_device?: boolean }

/** Strictly later than every earlier deployment of the tenant. Locks the row of the tenant: the last lock to take. */
export async function nextCreated(tx: Db, tenant_id: string, { now, audience, of_device = false }: Creation) {
  const created = sql`greatest(${now}::timestamptz, last_deployment_created + interval '1 millisecond')`
  const is_listing = audience === 'all' || audience === 'group'
  const raises = of_device ? empty : sql`deployments_version = deployments_version + 1,`
  const row = await tx.first<{ created: string }>(sql`
    update tenants set ${raises} last_deployment_created = ${created},
      last_listing_created = ${is_listing ? created : sql`last_listing_created`}
    where tenant_id = ${tenant_id} returning last_deployment_created as created`)
  if (!row) throw new Error(`Tenant ${tenant_id} has been removed.`)
  return row.created
}

export function insertDeployment(tx: Transaction, row: DeploymentRow, phases: readonly PhaseRow[]): void {
  const { tenant_id, id } = row
  const first_start_ts = phases[0]?.start_ts ?? null
  tx.send(sql`
    insert into deployments (tenant_id, id, type, name, artifact_name, configuration, created, dynamic, filter, audience,
      groups, max_devices, initial_device_count, retries, force_installation, update_control_map, autogenerate_delta,
      rollout, exclude, created_by, rollback_of, key, declared, first_start_ts)
    select tenant_id, id, type, name, artifact_name, configuration, created, dynamic, filter, audience, groups,
      max_devices, initial_device_count, retries, force_installation, update_control_map, autogenerate_delta,
      rollout, exclude, created_by, rollback_of, key, declared, ${first_start_ts}
    from json_to_record(${JSON.stringify(row)}) as n (tenant_id text, id text, type text, name text, artifact_name text,
      configuration json, created timestamptz, dynamic boolean, filter jsonb, audience text, groups text[], max_devices int,
      initial_device_count int, retries int, force_installation boolean, update_control_map jsonb,
      autogenerate_delta boolean, rollout jsonb, exclude jsonb, created_by jsonb, rollback_of text, key text,
      declared jsonb)`)
  tx.send(sql`
    insert into deployment_progress (tenant_id, deployment_id, "pending")
    values (${tenant_id}, ${id}, ${row.dynamic ? 0 : row.initial_device_count})`)
  if (phases.length === 0) return
  tx.send(sql`
    insert into deployment_phases (tenant_id, deployment_id, phase_index, id, batch_size, start_ts, capacity, gate,
      named, rank_below, opened_at)
    select ${tenant_id}, ${id}, ordinality - 1, gen_random_uuid()::text, batch_size, start_ts, capacity, gate, named,
      rank_below, opened_at
    from rows from (json_to_recordset(${JSON.stringify(phases)}) as (batch_size int, start_ts timestamptz,
      capacity int, gate jsonb, named jsonb, rank_below bigint, opened_at timestamptz)) with ordinality`)
}
