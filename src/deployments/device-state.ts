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
  /** The deployment it is in the middle of, the only one it may work on. */
  current: DeviceDeployment | null
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
export const deviceState = batched<Env, Asking, Answer>(readStates, { atOnce: 1 })

async function readStates(env: Env, all: Asking[]): Promise<Answer[]> {
  const rows = await env.db.hot.query<Row>(sql`
    select asking.ordinality as at, s.id is not null and t.status = 'active' and d.id is not null as is_good,
      t.deployments_version, d.attributes_version, case when t.trial then 'enterprise' else t.plan end as plan, (
        select f.deployment_created from device_deployments f
        where f.tenant_id = asking.tenant_id and f.device_id = asking.device_id and f.finished is not null and f.deleted is null
        order by f.deployment_created desc limit 1) as baseline, c.*
    from unnest(${column(all, ({ device }) => device.tenant_id)}, ${column(all, ({ device }) => device.device_id)},
        ${column(all, ({ device }) => device.auth_set_id)}, ${column(all, ({ device }) => device.token_generation)}::int[],
        ${column(all, ({ idle }) => idle?.attributes_version ?? -1)}::bigint[],
        ${column(all, ({ idle }) => idle?.deployments_version ?? -1)}::bigint[])
      with ordinality as asking (tenant_id, device_id, auth_set_id, token_generation, attributes_version, deployments_version, ordinality)
    left join tenants t on t.tenant_id = asking.tenant_id
    left join auth_sets s on s.tenant_id = asking.tenant_id and s.device_id = asking.device_id and s.status = 'accepted'
      and s.id = asking.auth_set_id and s.token_generation = asking.token_generation
    left join devices d on d.tenant_id = asking.tenant_id and d.id = asking.device_id
    left join lateral (
      select c.tenant_id, c.device_id, c.id, c.deployment_id, c.status, c.substate, c.started, c.finished, c.attempts,
        c.attempt_begun, c.device_type, c.request, c.artifact_id, c.image
      from device_deployments c
      where c.tenant_id = asking.tenant_id and c.device_id = asking.device_id and c.finished is null
    ) c on true
    where c.id is not null or s.id is null or t.status is distinct from 'active'
      or d.attributes_version is distinct from asking.attributes_version
      or t.deployments_version is distinct from asking.deployments_version`)
  const states = new Array<Answer>(all.length).fill('idle')
  for (const { at, is_good, deployments_version, attributes_version, plan, baseline, ...current } of rows)
    states[at - 1] = is_good
      ? {
          ...{ deployments_version, attributes_version, plan, baseline: baseline ?? '' },
          current: current.id === null ? null : (current as DeviceDeployment),
        }
      : 'revoked'
  return states
}

type Nullable<Shape> = { [Key in keyof Shape]: Shape[Key] | null }
type Row = Omit<DeviceState, 'baseline' | 'current'> & {
  at: number
  is_good: boolean
  baseline: string | null
} & Nullable<DeviceDeployment>

export type Facts = {
  device: Filterable
  /** Unfinished static deployments that list the device. */
  listed_by: string[]
  /** Deployments in which it has its place already, though its history was forgotten. */
  forgotten: string[]
}

type DeviceKey = { tenant_id: string; device_id: string }

/** The device as filters see it, and the deployments it is tied to by name. */
export const deviceFacts = batched<Env, DeviceKey, Facts | undefined>(async (env, keys) => {
  const rows = await env.db.hot.query<{ at: number } & Filterable & Omit<Facts, 'device'>>(sql`
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
})
