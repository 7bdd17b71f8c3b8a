import type { DeviceActor } from '../auth/actor.ts'
import { asking, goodTokens } from '../auth/find-device-session.ts'
import type { Plan } from '../auth/plan.ts'
import { batched } from '../db/batch.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import type { Filterable } from '../inventory/filter.ts'
import type { DeviceDeployment } from './device-deployment.ts'

/** What a poll asks of the database about its device, in one query for all devices that poll at the moment. */
export type DeviceState = {
  deployments_version: number
  plan: Plan
  /** The deployment it is in the middle of, the only one it may work on; if it is still active: else an abort ended it. */
  current: (DeviceDeployment & { deployment_created: string }) | null
  /** `created` of the newest deployment it finished; empty: none. It is offered only newer ones. */
  baseline: string
}

/** undefined: the token is revoked, or the device is gone. */
export const deviceState = batched<Env, DeviceActor, DeviceState | undefined>(
  async (env, devices) => {
    const rows = await env.db.query<Row>(sql`
    select asking.ordinality as at, t.deployments_version, case when t.trial then 'enterprise' else t.plan end as plan,
      b.deployment_created as baseline, c.*
    from ${goodTokens(asking(devices))}
    left join lateral (
      select deployment_created from device_deployments f
      where f.tenant_id = asking.tenant_id and f.device_id = asking.device_id and f.finished is not null and f.deleted is null
      order by deployment_created desc limit 1
    ) b on true
    left join lateral (
      select c.tenant_id, c.device_id, c.id, c.deployment_id, c.deployment_created, c.phase_index, c.status, c.substate, c.started, c.finished, c.attempts,
        c.attempt_begun, c.device_type, c.request, c.artifact_id, c.image
      from device_deployments c
      where c.tenant_id = asking.tenant_id and c.device_id = asking.device_id and c.finished is null
    ) c on true`)
    const states = new Array<DeviceState | undefined>(devices.length)
    for (const { at, deployments_version, plan, baseline, ...current } of rows)
      states[at - 1] = {
        deployments_version,
        plan,
        baseline: baseline ?? '',
        current: current.id === null ? null : (current as DeviceState['current']),
      }
    return states
  },
  { name: 'polls' },
)

type Nullable<Shape> = { [Key in keyof Shape]: Shape[Key] | null }
type Row = Omit<DeviceState, 'baseline' | 'current'> & {
  at: number
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
