import type { DeviceActor } from '../../auth/actor.ts'
import { activeTenants, idsOf, tokenRows, validAuthSet } from '../../auth/devices/token-rows.ts'
import type { Dialect } from '../../auth/dialect.ts'
import type { Plan } from '../../auth/plan.ts'
import { batched } from '../../db/batch.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import { partitionOf, runsAtATime } from '../../db/citus/shards.ts'
import { raw, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import {
  type AttributeName,
  deviceFromReferenced,
  mergeReferenced,
  referencedValuesSql,
} from '../../inventory/filters/referenced-attributes.ts'
import { type DeviceFacts, type FactColumns, toFacts } from '../device-facts.ts'
import type { OfferedRow } from '../resume-decision.ts'
import { factColumns } from '../rows/device-fact-rows.ts'

/**
 * The versions of a device and of its tenant's deployments: while both hold, the same deployments are for it. `history`:
 * that of the database before they were read, without which they mean nothing.
 */
export type Versions = { device_version: number; deployments_version: number; history: number }

/** What a poll reads about its device, in one query for all devices that poll at the moment. */
export type DeviceState = Versions & {
  plan: Plan
  /** The one deployment that the device may work on. If the deployment is no longer active, an abort has ended it. */
  current: (OfferedRow & { deployment_created: string }) | null
  /** A success of the device that is to be confirmed, or was not confirmed in time. */
  unconfirmed: { deployment_id: string; artifact_id: string | null } | null
  /** `created` of the newest deployment that the device finished; empty: none. Only newer ones are offered. */
  baseline: string
  /** With the attributes that were requested as `referenced`. */
  facts: DeviceFacts
}

type StateQuery = { device: DeviceActor; referenced: readonly AttributeName[]; rolled_back: readonly string[] }

/** Undefined: the token was revoked, or the device was removed. */
export const deviceState = batched<Env, StateQuery, DeviceState | undefined>(readStates, {
  maxInFlight: runsAtATime,
  partition: ({ device }, env) => partitionOf(device, env),
  name: 'device_states',
})

async function readStates({ db }: Env, queries: StateQuery[]): Promise<(DeviceState | undefined)[]> {
  const { hot } = db
  const history = db.history()
  const names = mergeReferenced(queries.map(({ referenced }) => referenced))
  const rolled_back = [...new Set(queries.flatMap((query) => query.rolled_back))]
  const devices = queries.map(({ device }) => device)
  const onShards = (column: Sql) => narrowed(hot, column, idsOf(devices))
  const tenants = await activeTenants(devices, hot)
  const rows = await hot.query<Row>(sql`
    select token.ordinality as at, t.deployments_version, t.plan, d.device_version, d.status as device_status,
      d.dialect, d.group_name, ${referencedValuesSql(names)} as attribute_values, ${factColumns(raw('t.last_listing_created'), { rolled_back, onShards })}, (
        select f.deployment_created from device_deployments f
        where f.tenant_id = d.tenant_id and f.device_id = d.id and f.finished is not null and f.deleted is null
          ${onShards(sql`f.device_id`)}
        order by f.deployment_created desc limit 1) as baseline, (
        select json_build_object('deployment_id', u.deployment_id, 'artifact_id', u.artifact_id)
        from device_deployments u
        where u.tenant_id = d.tenant_id and u.device_id = d.id and u.confirmation in ('awaited', 'missed')
          and u.deleted is null ${onShards(sql`u.device_id`)}
        order by u.deployment_created desc limit 1) as unconfirmed, c.*
    from ${tokenRows(devices)}
    join ${tenants} on t.tenant_id = token.tenant_id
    cross join lateral (
      select d.* from devices d
      where d.tenant_id = token.tenant_id and d.id = token.device_id ${onShards(sql`d.id`)} ${hot.fence}
    ) d
    cross join ${validAuthSet(devices, hot)}
    left join lateral (
      select c.tenant_id, c.device_id, c.id, c.deployment_id, c.deployment_created, c.phase_index, c.status, c.substate,
        c.started, c.finished, c.attempts, c.attempt_begun, c.attempt_since, c.concluded_by_server, c.device_type,
        c.request, c.artifact_id, c.image
      from device_deployments c
      where c.tenant_id = d.tenant_id and c.device_id = d.id and c.finished is null ${onShards(sql`c.device_id`)}
        ${hot.fence}
    ) c on true`)
  const states = new Array<DeviceState | undefined>(queries.length)
  for (const row of rows)
    states[row.at - 1] = { ...toState(row, queries[row.at - 1]!.device.device_id, names), history }
  return states
}

function toState(row: Row, id: string, names: readonly AttributeName[]): Omit<DeviceState, 'history'> {
  const { at, deployments_version, device_version, plan, baseline, unconfirmed, ...others } = row
  const { device_status, dialect, group_name, attribute_values, ...unread } = others
  const { listed_after, listed_until, past, named_by, touched_by, assigned_before, ...current } = unread
  const device = deviceFromReferenced({ id, status: device_status, dialect, group_name }, names, attribute_values)
  return {
    ...{ deployments_version, device_version, plan, baseline: baseline ?? '', unconfirmed },
    facts: toFacts(device, { listed_after, listed_until, past, named_by, touched_by, assigned_before }),
    current: current.id === null ? null : (current as DeviceState['current']),
  }
}

type Nullable<Shape> = { [Key in keyof Shape]: Shape[Key] | null }
type Row = Omit<DeviceState, 'baseline' | 'current' | 'facts' | 'history'> & {
  at: number
  baseline: string | null
  device_status: string
  dialect: Dialect
  group_name: string | null
  attribute_values: unknown[] | null
} & FactColumns &
  Nullable<NonNullable<DeviceState['current']>>
