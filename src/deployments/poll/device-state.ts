import type { DeviceActor } from '../../auth/actor.ts'
import { activeTenants, idsOf, tokenRows, validAuthSet } from '../../auth/devices/token-rows.ts'
import type { Dialect } from '../../auth/dialect.ts'
import type { Plan } from '../../auth/plan.ts'
import { batched } from '../../db/batch.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import { partitionOf, runsAtATime } from '../../db/citus/shards.ts'
import { raw, type Sql, sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import type { Env } from '../../env.ts'
import {
  type AttributeName,
  deviceFromReferenced,
  referencedValuesSql,
} from '../../inventory/filters/referenced-attributes.ts'
import { type DeviceFacts, type FactColumns, toFacts } from '../device-facts.ts'
import { mergeNeeds, type PollNeeds } from '../poll-needs.ts'
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
  /** A success of the device that is to be confirmed, or was not confirmed in time, if that was needed. */
  unconfirmed: { deployment_id: string; artifact_id: string | null } | null
  /** `created` of the newest deployment that the device finished; empty: none. Only newer ones are offered. */
  baseline: string
  /** With what was needed. */
  facts: DeviceFacts
}

type StateQuery = { device: DeviceActor; needs: PollNeeds }

/** Undefined: the token was revoked, or the device was removed. */
export const deviceState = batched<Env, StateQuery, DeviceState | undefined>(readStates, {
  maxInFlight: runsAtATime,
  partition: ({ device }, env) => partitionOf(device, env),
  name: 'device_states',
})

async function readStates({ db }: Env, queries: StateQuery[]): Promise<(DeviceState | undefined)[]> {
  const { hot } = db
  const history = db.history()
  const needs = mergeNeeds(queries.map((query) => query.needs))
  const { referenced } = needs
  const devices = queries.map(({ device }) => device)
  const onShards = (column: Sql) => narrowed(hot, column, idsOf(devices))
  const tenants = await activeTenants(devices, hot)
  const rows = await hot.query<Row>(sql`
    select token.ordinality as at, t.deployments_version, t.plan, d.device_version, d.status as device_status,
      d.dialect, d.group_name, ${referencedValuesSql(referenced)} as attribute_values, ${factColumns(raw('t.last_listing_created'), { ...needs, onShards })}, (
        select f.deployment_created from device_deployments f
        where f.tenant_id = d.tenant_id and f.device_id = d.id and f.finished is not null and f.deleted is null
          ${onShards(sql`f.device_id`)}
        order by f.deployment_created desc limit 1) as baseline,
      case when ${needs.has_rules} then (
        select json_build_object('deployment_id', u.deployment_id, 'artifact_id', u.artifact_id)
        from device_deployments u
        where u.tenant_id = d.tenant_id and u.device_id = d.id and u.confirmation in ('awaited', 'missed')
          and u.deleted is null ${onShards(sql`u.device_id`)}
        order by u.deployment_created desc limit 1) end as unconfirmed, (
        select ${CURRENT} from device_deployments c
        where c.tenant_id = d.tenant_id and c.device_id = d.id and c.finished is null ${onShards(sql`c.device_id`)}
        ) as current
    from ${tokenRows(devices)}
    join ${tenants} on t.tenant_id = token.tenant_id
    cross join lateral (
      select d.* from devices d
      where d.tenant_id = token.tenant_id and d.id = token.device_id ${onShards(sql`d.id`)} ${hot.fence}
    ) d
    cross join ${validAuthSet(devices, hot)}`)
  const states = new Array<DeviceState | undefined>(queries.length)
  for (const row of rows)
    states[row.at - 1] = toState(row, { id: queries[row.at - 1]!.device.device_id, referenced, history })
  return states
}

/** In one column, which is null for nearly every device: a column costs the client as much as a small object. */
const CURRENT = sql`json_build_object(
  'tenant_id', c.tenant_id, 'device_id', c.device_id, 'id', c.id, 'deployment_id', c.deployment_id,
  'deployment_created', ${utcText(raw('c.deployment_created'))}, 'phase_index', c.phase_index, 'status', c.status,
  'substate', c.substate, 'started', ${utcText(raw('c.started'))}, 'finished', null, 'attempts', c.attempts,
  'attempt_begun', c.attempt_begun, 'attempt_since', ${utcText(raw('c.attempt_since'))},
  'concluded_by_server', c.concluded_by_server, 'device_type', c.device_type, 'request', c.request,
  'artifact_id', c.artifact_id, 'image', c.image, 'download_seen', ${utcText(raw('c.download_seen'))})`

type Read = { id: string; referenced: readonly AttributeName[]; history: number }

function toState(row: Row, { id, referenced, history }: Read): DeviceState {
  const { device_status: status, dialect, group_name, attribute_values } = row
  const device = deviceFromReferenced({ id, status, dialect, group_name }, referenced, attribute_values)
  return {
    ...{ deployments_version: row.deployments_version, device_version: row.device_version, history, plan: row.plan },
    ...{ baseline: row.baseline ?? '', unconfirmed: row.unconfirmed, current: row.current },
    facts: toFacts(device, row),
  }
}

type Row = Omit<DeviceState, 'baseline' | 'facts' | 'history'> & {
  at: number
  baseline: string | null
  device_status: string
  dialect: Dialect
  group_name: string | null
  attribute_values: unknown[] | null
} & FactColumns
