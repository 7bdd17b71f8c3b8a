import { CHECK_IN_TIME } from '../../auth/devices/check-in-time.ts'
import { readLastListing } from '../../auth/devices/end-membership.ts'
import type { Db } from '../../db/db.ts'
import { empty, raw, type Sql, sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import type { Filterable } from '../../inventory/filter.ts'
import { type DeviceFacts, type FactColumns, toFacts } from '../device-facts.ts'
import type { PollNeeds } from '../poll-needs.ts'
import { isTouched } from './listing-rows.ts'
import { targetKey } from './target-key.ts'

type FactOptions = Pick<PollNeeds, 'rolled_back'> &
  Partial<Pick<PollNeeds, 'names' | 'lists'>> & { onShards?: (column: Sql) => Sql }

/**
 * The columns of `DeviceFacts`, for rows `d` of devices. Ids come as one text: an array costs the client several times
 * as much. For nearly every device the times and `past` are null. `last_listing`: when the tenant last created a
 * deployment that lists devices by membership. Without `names` and `lists`, which deployments name the device, and past
 * memberships, are left out. `onShards`: `narrowed`, for statements about several devices.
 */
export const factColumns = (
  last_listing: Sql,
  { rolled_back, names = true, lists = true, onShards = () => empty }: FactOptions,
): Sql => sql`
  case when d.listed_after < ${last_listing} then d.listed_after end as listed_after,
  case when d.listed_after < ${last_listing} then ${last_listing} end as listed_until,
  case when ${lists} then (
    select json_agg(json_build_array(
      m.group_name, ${utcText(raw('m.listed_after'))}, ${utcText(raw('m.listed_until'))}))
    from past_memberships m
    where m.tenant_id = d.tenant_id and m.device_id = d.id ${onShards(raw('m.device_id'))}) end as past,
  case when ${names} then (
    select string_agg(n.deployment_id::text, ',') from deployment_targets n
    where ${targetKey(raw('n.device_id'))} = ${targetKey(raw('d.id'))}
      and n.tenant_id = d.tenant_id and n.device_id = d.id ${onShards(raw('n.device_id'))}) end as named_by,
  case when ${rolled_back.length > 0} then (
    select string_agg(distinct o.deployment_id, ',') from device_deployments o
    where o.tenant_id = d.tenant_id and o.device_id = d.id and o.deployment_id = any(${rolled_back})
      and ${isTouched('o')} ${onShards(raw('o.device_id'))}) end as touched_by,
  (
    select g.deployment_id from device_configurations g
    where g.tenant_id = d.tenant_id and g.device_id = d.id ${onShards(raw('g.device_id'))} and not exists (
      select from device_deployments e
      where e.tenant_id = d.tenant_id and e.device_id = d.id and e.deployment_id = g.deployment_id
        and e.finished is not null ${onShards(raw('e.device_id'))})) as configured_by,
  (
    select string_agg(distinct f.deployment_id, ',') from device_deployments f
    where f.tenant_id = d.tenant_id and f.device_id = d.id and f.forgotten > 0
      ${onShards(raw('f.device_id'))}) as assigned_before`

/** Undefined: no such device. */
export async function findDeviceFacts(
  db: Db,
  { tenant_id, device_id, rolled_back }: { tenant_id: string; device_id: string; rolled_back: readonly string[] },
): Promise<DeviceFacts | undefined> {
  const last_listing = sql`${await readLastListing(db, tenant_id)}::timestamptz`
  const row = await db.first<Filterable & FactColumns>(sql`
    select d.id, d.status, d.dialect, d.group_name, d.created_ts, d.attributes_updated_ts, d.pinned_until, d.attributes,
      ${CHECK_IN_TIME} as check_in_time,
      ${factColumns(last_listing, { rolled_back })}
    from devices d where d.tenant_id = ${tenant_id} and d.id = ${device_id}`)
  if (!row) return undefined
  const { past, named_by, touched_by, configured_by, assigned_before, listed_after, listed_until, ...device } = row
  return toFacts(device, { past, named_by, touched_by, configured_by, assigned_before, listed_after, listed_until })
}
