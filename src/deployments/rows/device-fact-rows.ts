import type { Db } from '../../db/db.ts'
import { raw, type Sql, sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import type { Filterable } from '../../inventory/filter.ts'
import { type DeviceFacts, type FactColumns, toFacts } from '../device-facts.ts'

/**
 * The columns of `DeviceFacts`, for rows `d` of devices and `t` of tenants. Ids come as one text: an array costs the
 * client several times as much. For nearly every device the times and `past` are null. `rolled_back`: the deployments
 * that active rollbacks roll back.
 */
export const factColumns = (rolled_back: readonly string[]): Sql => sql`
  case when d.listed_after < t.last_listing_created then d.listed_after end as listed_after,
  case when d.listed_after < t.last_listing_created then t.last_listing_created end as listed_until,
  (
    select json_agg(json_build_array(
      m.group_name, ${utcText(raw('m.listed_after'))}, ${utcText(raw('m.listed_until'))}))
    from past_memberships m where m.tenant_id = d.tenant_id and m.device_id = d.id) as past,
  (
    select string_agg(n.deployment_id, ',') from deployment_targets n
    where n.tenant_id = d.tenant_id and n.device_id = d.id) as named_by,
  case when ${rolled_back.length > 0} then (
    select string_agg(o.deployment_id, ',') from touched_devices o
    where o.tenant_id = d.tenant_id and o.device_id = d.id and o.deployment_id = any(${rolled_back})) end as touched_by,
  (
    select string_agg(distinct f.deployment_id, ',') from device_deployments f
    where f.tenant_id = d.tenant_id and f.device_id = d.id and f.deleted is not null) as assigned_before`

/** Undefined: no such device. */
export async function findDeviceFacts(
  db: Db,
  { tenant_id, device_id, rolled_back }: { tenant_id: string; device_id: string; rolled_back: readonly string[] },
): Promise<DeviceFacts | undefined> {
  const row = await db.first<Filterable & FactColumns>(sql`
    select d.id, d.status, d.dialect, d.group_name, d.created_ts, d.attributes_updated_ts, d.check_in_time, d.attributes,
      ${factColumns(rolled_back)}
    from devices d join tenants t on t.tenant_id = d.tenant_id
    where d.tenant_id = ${tenant_id} and d.id = ${device_id}`)
  if (!row) return undefined
  const { past, named_by, touched_by, assigned_before, listed_after, listed_until, ...device } = row
  return toFacts(device, { past, named_by, touched_by, assigned_before, listed_after, listed_until })
}
