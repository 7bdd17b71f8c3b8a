import type { Db } from '../db/db.ts'
import { raw, sql } from '../db/sql.ts'
import type { Filterable } from '../inventory/filter.ts'
import type { Listable } from './listing.ts'

/** What decides which deployments are meant for a device. */
export type DeviceFacts = {
  device: Listable
  /** Static deployments that name the device, or list it as what it was. */
  listed_by: readonly string[]
  /** Deployments in which it has its place already, though its history was forgotten. */
  forgotten: readonly string[]
}

/** Of a row `d` of devices, as one text: an array costs the client several times as much. */
export const LISTED_BY = raw(`nullif(concat_ws(',', (
    select string_agg(t.deployment_id, ',') from deployment_targets t
    where t.tenant_id = d.tenant_id and t.device_id = d.id
  ), (
    select string_agg(l.id, ',') from past_memberships m cross join lateral (
      select l.id from deployments l
      where l.tenant_id = m.tenant_id and l.created > m.listed_after and l.created <= m.listed_until
        and (l.lists = 'all' or (l.lists = 'group' and l.groups[1] = m.group_name)) offset 0
    ) l
    where m.tenant_id = d.tenant_id and m.device_id = d.id
  )), '')`)
export const FORGOTTEN = raw(`(
  select string_agg(distinct f.deployment_id, ',') from device_deployments f
  where f.tenant_id = d.tenant_id and f.device_id = d.id and f.deleted is not null)`)

/** With a row `t` of tenants as well. A time costs the client more than nothing, and nearly always there is none to tell. */
export const LISTED = raw(`case when d.listed_after < t.last_listing_created then d.listed_after end as listed_after,
  case when d.listed_after < t.last_listing_created then t.last_listing_created end as listed_until`)
export type Listed = { listed_after: string | null; listed_until: string | null }

export const toListed = ({ listed_after, listed_until }: Listed): Listable['listed'] =>
  listed_after === null || listed_until === null ? undefined : { after: listed_after, until: listed_until }

/** The ids of deployments, which are ours and hold no comma. */
export const idsIn = (text: string | null): readonly string[] => text?.split(',') ?? NONE
const NONE: readonly string[] = []

/** Undefined: there is no such device. */
export async function findDeviceFacts(
  db: Db,
  { tenant_id, device_id }: { tenant_id: string; device_id: string },
): Promise<DeviceFacts | undefined> {
  const row = await db.first<Filterable & Listed & { listed_by: string | null; forgotten: string | null }>(sql`
    select d.id, d.status, d.group_name, d.created_ts, d.attributes_updated_ts, d.check_in_time, d.attributes,
      ${LISTED}, ${LISTED_BY} as listed_by, ${FORGOTTEN} as forgotten
    from devices d join tenants t on t.tenant_id = d.tenant_id where d.tenant_id = ${tenant_id} and d.id = ${device_id}`)
  if (!row) return undefined
  const { listed_by, forgotten, listed_after, listed_until, ...device } = row
  const listed = toListed({ listed_after, listed_until })
  return { device: { ...device, listed }, listed_by: idsIn(listed_by), forgotten: idsIn(forgotten) }
}
