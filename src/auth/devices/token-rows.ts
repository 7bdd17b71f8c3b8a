import { narrowed } from '../../db/citus/narrowed.ts'
import type { Hot } from '../../db/db.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import type { DeviceActor } from '../actor.ts'

/** The claims of device tokens as rows `token`, with their position from 1 in `ordinality`. */
export const tokenRows = (devices: readonly DeviceActor[]): Sql => sql`
  unnest(${textArray(devices, (device) => device.tenant_id)}, ${textArray(devices, (device) => device.device_id)},
    ${textArray(devices, (device) => device.auth_set_id)},
    ${textArray(devices, (device) => device.token_generation)}::int[])
  with ordinality as token (tenant_id, device_id, auth_set_id, token_generation, ordinality)`

/** To be joined to a `token`: one row if it is valid, which is if its auth set is accepted and it is not revoked. */
export const validAuthSet = (devices: readonly DeviceActor[], hot: Hot): Sql => sql`lateral (
    select from auth_sets s
    where s.tenant_id = token.tenant_id and s.device_id = token.device_id and s.status = 'accepted'
      and s.id = token.auth_set_id and s.token_generation = token.token_generation
      ${narrowed(hot, sql`s.device_id`, idsOf(devices))} ${hot.fence}
  ) s`

export const idsOf = (devices: readonly DeviceActor[]): string[] => devices.map(({ device_id }) => device_id)

/**
 * The active tenants of these devices with `deployments_version`, `last_listing_created` and plan. If tenants are on
 * another machine than devices, they are read now, so before the devices.
 */
export async function activeTenants(devices: readonly DeviceActor[], hot: Hot): Promise<Sql> {
  const tenants = sql`
    select t.tenant_id, t.deployments_version, t.last_listing_created,
      case when t.trial then 'enterprise' else t.plan end as plan
    from tenants t
    where t.tenant_id = any(${textArray([...new Set(devices.map(({ tenant_id }) => tenant_id))], (id) => id)})
      and t.status = 'active'`
  if (!hot.distribution.shards) return sql`(${tenants} ${hot.fence}) t`
  return sql`json_to_recordset(${JSON.stringify(await hot.query(tenants))})
    as t (tenant_id text, deployments_version bigint, last_listing_created timestamptz, plan text)`
}
