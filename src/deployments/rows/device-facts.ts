import type { Db } from '../../db/db.ts'
import { raw, sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import type { Filterable } from '../../inventory/filter.ts'
import type { Listable } from '../listing.ts'

/** What decides which deployments are meant for a device. */
export type DeviceFacts = {
  device: Listable
  /** The device as what it was, in other groups, while deployments were created that list it as that. */
  formerly: readonly Listable[]
  /** Static deployments that name the device. */
  named_by: readonly string[]
  /** Deployments in which it has its place already, though its history was forgotten. */
  forgotten: readonly string[]
}

/**
 * What ties a device to deployments, of rows `d` of devices and `t` of tenants. Ids as one text: an array costs the client several times as
 * much. Times only where there are any to tell, and `past` null, for nearly every device.
 */
export const TIES = sql`
  case when d.listed_after < t.last_listing_created then d.listed_after end as listed_after,
  case when d.listed_after < t.last_listing_created then t.last_listing_created end as listed_until,
  (
    select json_agg(json_build_array(m.group_name, ${utcText(raw('m.listed_after'))}, ${utcText(raw('m.listed_until'))}))
    from past_memberships m where m.tenant_id = d.tenant_id and m.device_id = d.id) as past,
  (
    select string_agg(n.deployment_id, ',') from deployment_targets n
    where n.tenant_id = d.tenant_id and n.device_id = d.id) as named_by,
  (
    select string_agg(distinct f.deployment_id, ',') from device_deployments f
    where f.tenant_id = d.tenant_id and f.device_id = d.id and f.deleted is not null) as forgotten`

type Past = readonly [group_name: string | null, after: string, until: string]
export type Ties = {
  listed_after: string | null
  listed_until: string | null
  past: readonly Past[] | null
  named_by: string | null
  forgotten: string | null
}

export const toFacts = (device: Filterable, ties: Ties): DeviceFacts => ({
  device: { ...device, listed: toListed(ties) },
  formerly: asItWas(device, ties.past),
  named_by: idsIn(ties.named_by),
  forgotten: idsIn(ties.forgotten),
})

const toListed = ({ listed_after, listed_until }: Ties): Listable['listed'] =>
  listed_after === null || listed_until === null ? undefined : { after: listed_after, until: listed_until }

const asItWas = (device: Filterable, past: readonly Past[] | null): readonly Listable[] =>
  past === null
    ? NEVER
    : past.map(([group_name, after, until]) => ({ ...device, group_name, listed: { after, until } }))
const NEVER: readonly Listable[] = []

/** The ids of deployments, which are ours and hold no comma. */
const idsIn = (text: string | null): readonly string[] => text?.split(',') ?? NONE
const NONE: readonly string[] = []

/** Undefined: there is no such device. */
export async function findDeviceFacts(
  db: Db,
  { tenant_id, device_id }: { tenant_id: string; device_id: string },
): Promise<DeviceFacts | undefined> {
  const row = await db.first<Filterable & Ties>(sql`
    select d.id, d.status, d.group_name, d.created_ts, d.attributes_updated_ts, d.check_in_time, d.attributes, ${TIES}
    from devices d join tenants t on t.tenant_id = d.tenant_id where d.tenant_id = ${tenant_id} and d.id = ${device_id}`)
  if (!row) return undefined
  const { past, named_by, forgotten, listed_after, listed_until, ...device } = row
  return toFacts(device, { past, named_by, forgotten, listed_after, listed_until })
}
