import type { Db } from '../../db/db.ts'
import { empty, raw, type Sql, sql } from '../../db/sql.ts'
import type { Exclusion } from '../rollout/rules.ts'
import type { DeploymentKey } from './deployment-key.ts'
import { targetKey } from './target-key.ts'

type Membership = { device_id: string; group_name: string | null; listed_after: string; listed_until: string | null }

/** What decides which static deployments some devices are in. */
export type Listings = {
  tenant_id: string
  /** Deployments that name them. */
  named: string[]
  /** As accepted members of the tenant and of a group. `listed_until` null: they still are. */
  memberships: Membership[]
  /** Deployments that have made an offer to those of them that exist. */
  touched: string[]
  /** Deployments in which they have rows. */
  assigned: string[]
}

type Row = Membership & { kind: 'named' | 'member' | 'exists' | 'touched' | 'assigned'; deployment_id: string }

/** Each part by the id of the device, and not the view `listed_devices`: deployments may be on another machine. */
export async function readListings(db: Db, tenant_id: string, device_ids: readonly string[]): Promise<Listings> {
  const of = (column: Sql) => sql`tenant_id = ${tenant_id} and ${column} = any(${device_ids}::text[])`
  const rows = await db.query<Row>(sql`
    select device_id, 'named' as kind, deployment_id::text, null::text as group_name, null::timestamptz as listed_after,
      null::timestamptz as listed_until
    from deployment_targets where ${of(sql`device_id`)}
      and ${targetKey(raw('device_id'))} = any(array(
        select ${targetKey(raw('id'))} from unnest(${device_ids}::text[]) as id))
    union all
    select device_id, 'member', null, group_name, listed_after, listed_until
    from past_memberships where ${of(sql`device_id`)}
    union all
    select id, case when status = 'accepted' then 'member' else 'exists' end, null, group_name, listed_after, null
    from devices where ${of(sql`id`)}
    union all
    select device_id, case when ${isTouched('dd')} then 'touched' else 'assigned' end, deployment_id, null, null, null
    from device_deployments dd where ${of(sql`device_id`)}`)
  const existing = new Set(
    rows.flatMap(({ kind, device_id, listed_until }) =>
      kind === 'exists' || (kind === 'member' && listed_until === null) ? [device_id] : [],
    ),
  )
  const idsOf = (kinds: readonly Row['kind'][], found = rows) => [
    ...new Set(found.filter(({ kind }) => kinds.includes(kind)).map(({ deployment_id }) => deployment_id)),
  ]
  return {
    tenant_id,
    named: idsOf(['named']),
    memberships: rows.filter(({ kind }) => kind === 'member'),
    touched: idsOf(
      ['touched'],
      rows.filter(({ device_id }) => existing.has(device_id)),
    ),
    assigned: idsOf(['touched', 'assigned']),
  }
}

/** As the view `touched_devices`, for rows of `device_deployments` under an alias. */
export const isTouched = (row: string): Sql =>
  raw(`(${row}.started is not null or ${row}.concluded_by_server
    or (${row}.artifact_id is not null and ${row}.status <> 'already-installed'))`)

/** The ids of the static deployments that list one of the devices. */
export const listingDeployments = ({ tenant_id, named, memberships, touched }: Listings): Sql => sql`
  select unnest(${named}::text[])
  union all
  select d.id
  from json_to_recordset(${JSON.stringify(memberships)})
      as m (device_id text, group_name text, listed_after timestamptz, listed_until timestamptz)
    join deployments d on d.tenant_id = ${tenant_id} and d.created > m.listed_after
      and d.created <= coalesce(m.listed_until, 'infinity')
  where (d.audience = 'all' or (d.audience = 'group' and d.groups[1] = m.group_name))
    and not coalesce(d.exclude -> 'device_ids' ? m.device_id, false)
  union all
  select d.id from deployments d
  where d.tenant_id = ${tenant_id} and d.audience = 'touched' and d.rollback_of = any(${touched}::text[])`

/** What of a deployment decides which devices it lists. */
export type Listing = {
  tenant_id: string
  id: string
  created: string
  audience: 'all' | 'group' | 'touched' | null
  groups: string[]
  exclude: Exclusion | null
  rollback_of: string | null
}

export const readListing = (db: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  db.first<Listing>(sql`
    select tenant_id, id, created, audience, groups, exclude, rollback_of from deployments
    where tenant_id = ${tenant_id} and id = ${deployment_id}`)

/** The ids of the devices that a static deployment lists, as `device_id`; some may occur twice. */
export function listedDevices(listing: Listing): Sql {
  const { tenant_id, id, audience, rollback_of } = listing
  const named = sql`
    select device_id from deployment_targets where tenant_id = ${tenant_id} and deployment_id = ${id}`
  if (audience === null) return named
  if (audience !== 'touched') return sql`${named} union all ${listedByMembership(listing)}`
  // A device that had been removed before is not among them; one that is removed later has a row.
  return sql`${named} union all
    select t.device_id from device_deployments t
    where t.tenant_id = ${tenant_id} and t.deployment_id = ${rollback_of} and ${isTouched('t')} and (
      exists (select 1 from devices v where v.tenant_id = t.tenant_id and v.id = t.device_id)
      or exists (
        select 1 from device_deployments dd
        where dd.tenant_id = t.tenant_id and dd.device_id = t.device_id and dd.deployment_id = ${id}))`
}

function listedByMembership({ tenant_id, created, audience, groups, exclude }: Listing): Sql {
  const in_group = audience === 'group' ? sql`and group_name = ${groups[0]}` : empty
  const excluded = exclude?.device_ids ?? []
  return sql`
    select device_id from past_memberships
    where tenant_id = ${tenant_id} and listed_after < ${created} and listed_until >= ${created} ${in_group}
      and not (device_id = any(${excluded}::text[]))
    union all
    select id from devices
    where tenant_id = ${tenant_id} and status = 'accepted' and listed_after < ${created} ${in_group}
      and not (id = any(${excluded}::text[]))`
}
