import type { DeviceActor } from '../auth/actor.ts'
import { column } from '../auth/find-device-session.ts'
import type { Plan } from '../auth/plan.ts'
import { batched } from '../db/batch.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import type { Filterable } from '../inventory/filter.ts'
import type { DeviceDeployment } from './device-deployment.ts'

/** The versions of a device and of its tenant's deployments: together, what decides which are meant for it. */
export type Versions = { attributes_version: number; deployments_version: number }

/** What a poll asks of the database about its device, in one query for all devices that poll at the moment. */
export type DeviceState = Versions & {
  plan: Plan
  /** The deployment it is in the middle of, the only one it may work on; if it is still active: else an abort ended it. */
  current: (DeviceDeployment & { deployment_created: string }) | null
  /** `created` of the newest deployment it finished; empty: none. It is offered only newer ones. */
  baseline: string
}

/** `idle`: the versions for which it is known that no deployment is meant for the device. */
type Asking = { device: DeviceActor; idle: Versions | undefined }

type Answer = DeviceState | 'revoked' | 'idle'

/**
 * `revoked`: the token is, or the device is gone. `idle`: the device is in the middle of nothing, and the versions stand.
 * Idle devices are left out of what the database sends: there is nothing to write, and nothing to read. One run at a time:
 * the database is quicker than the requests come in, and larger runs cost less.
 */
export const deviceState = batched<Env, Asking, Answer>(readStates, { atOnce: 1, name: 'polls' })

async function readStates(env: Env, all: Asking[]): Promise<Answer[]> {
  const rows = await env.db.hot.query<Row>(sql`
    select asking.ordinality as at, t.is_active and s.is_good and d.attributes_version is not null as is_good,
      t.deployments_version, t.plan, d.attributes_version, (
        select f.deployment_created from device_deployments f
        where f.tenant_id = asking.tenant_id and f.device_id = asking.device_id and f.finished is not null and f.deleted is null
        order by f.deployment_created desc limit 1) as baseline, c.*
    from unnest(${column(all, ({ device }) => device.tenant_id)}, ${column(all, ({ device }) => device.device_id)},
        ${column(all, ({ device }) => device.auth_set_id)}, ${column(all, ({ device }) => device.token_generation)}::int[],
        ${column(all, ({ idle }) => idle?.attributes_version ?? -1)}::bigint[],
        ${column(all, ({ idle }) => idle?.deployments_version ?? -1)}::bigint[])
      with ordinality as asking (tenant_id, device_id, auth_set_id, token_generation, attributes_version, deployments_version, ordinality)
    left join lateral (
      select status = 'active' as is_active, deployments_version, case when trial then 'enterprise' else plan end as plan
      from tenants where tenant_id = asking.tenant_id offset 0
    ) t on true
    left join lateral (
      select id = asking.auth_set_id and token_generation = asking.token_generation as is_good from auth_sets
      where tenant_id = asking.tenant_id and device_id = asking.device_id and status = 'accepted' offset 0
    ) s on true
    left join lateral (
      select attributes_version from devices where tenant_id = asking.tenant_id and id = asking.device_id offset 0
    ) d on true
    left join lateral (
      select tenant_id, device_id, id, deployment_id, deployment_created, phase_index, status, substate, started, finished, attempts,
        attempt_begun, device_type, request, artifact_id, image
      from device_deployments where tenant_id = asking.tenant_id and device_id = asking.device_id and finished is null offset 0
    ) c on true
    where c.id is not null or t.is_active is not true or s.is_good is not true
      or d.attributes_version is distinct from asking.attributes_version
      or t.deployments_version is distinct from asking.deployments_version`)
  const states = new Array<Answer>(all.length).fill('idle')
  for (const { at, is_good, deployments_version, attributes_version, plan, baseline, ...current } of rows)
    states[at - 1] = is_good
      ? {
          ...{ deployments_version, attributes_version, plan, baseline: baseline ?? '' },
          current: current.id === null ? null : (current as DeviceState['current']),
        }
      : 'revoked'
  return states
}

type Nullable<Shape> = { [Key in keyof Shape]: Shape[Key] | null }
type Row = Omit<DeviceState, 'baseline' | 'current'> & {
  at: number
  is_good: boolean
  baseline: string | null
} & Nullable<NonNullable<DeviceState['current']>>

export type Facts = {
  device: Filterable
  /** Unfinished static deployments that list the device. */
  listed_by: string[]
  /** Deployments in which it has its place already, though its history was forgotten. */
  forgotten: string[]
}

type DeviceKey = { tenant_id: string; device_id: string }

/** The device as filters see it, and the deployments it is tied to by name. */
export const deviceFacts = batched<Env, DeviceKey, Facts | undefined>(
  async (env, keys) => {
    const rows = await env.db.query<{ at: number } & Filterable & Omit<Facts, 'device'>>(sql`
    select asking.ordinality as at, d.id, d.status, d.group_name, d.created_ts, d.attributes_updated_ts, d.check_in_time,
      d.attributes,
      array(
        select t.deployment_id from deployment_targets t
          join deployment_progress p on p.tenant_id = t.tenant_id and p.deployment_id = t.deployment_id
        where t.tenant_id = d.tenant_id and t.device_id = d.id and p.finished is null) as listed_by,
      array(
        select distinct f.deployment_id from device_deployments f
        where f.tenant_id = d.tenant_id and f.device_id = d.id and f.deleted is not null) as forgotten
    from unnest(${keys.map(({ tenant_id }) => tenant_id)}::text[], ${keys.map(({ device_id }) => device_id)}::text[])
      with ordinality as asking (tenant_id, device_id, ordinality)
    join devices d on d.tenant_id = asking.tenant_id and d.id = asking.device_id`)
    const facts = new Array<Facts | undefined>(keys.length)
    for (const { at, listed_by, forgotten, ...device } of rows) facts[at - 1] = { device, listed_by, forgotten }
    return facts
  },
  { name: 'device_facts' },
)
