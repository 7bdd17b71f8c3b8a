import type { Asker } from '../auth/visible-devices.ts'
import type { Db } from '../db/db.ts'
import { type Sql, sql } from '../db/sql.ts'
import { badRequest, roleForbids } from '../errors.ts'
import type { Term } from '../inventory/filter.ts'
import { termsToSql } from '../inventory/filter-to-sql.ts'
import type { Target } from './target.ts'

export type TargetDevices = {
  dynamic: boolean
  filter?: { id: string; name: string; terms: Term[] }
  groups: string[]
  /** Devices after which the deployment finishes; null: never by itself. */
  max_devices: number | null
  initial_device_count: number
  /** A query for their ids as they are now. */
  ids: Sql
}

/** Counts devices, given a query for their ids; creation writes them down in the same step. */
export type Count = (ids: Sql) => Promise<number>

/** The target devices. Those of a static deployment go through `list`, which may keep them. */
export async function findTarget(db: Db, asker: Asker, target: Target, list: Count): Promise<TargetDevices> {
  const { groups } = asker.scope
  if (groups !== null && !mayReach(groups, target)) throw roleForbids()
  const found = await find(db, asker.tenant_id, target, list)
  // One device: it must be in such a group.
  if (groups !== null && !found.groups.some((group) => groups.includes(group))) throw roleForbids()
  return found
}

/** Whoever is limited to groups deploys to one of them, or to one device, never to what is not bounded by a group. */
const mayReach = (groups: readonly string[], target: Target): boolean =>
  (target.kind === 'group' && groups.includes(target.group)) ||
  (target.kind === 'devices' && target.devices.length === 1)

async function find(db: Db, tenant_id: string, target: Target, list: Count): Promise<TargetDevices> {
  switch (target.kind) {
    case 'filter':
      return findDynamic(db, tenant_id, target)
    case 'devices':
      return fixed(list, {
        ids: sql`select distinct id from unnest(${target.devices}::text[]) as listed (id)`,
        groups: await groupOfOnly(db, tenant_id, target.devices),
      })
    case 'group':
      return fixed(list, { ids: accepted(tenant_id, sql`d.group_name = ${target.group}`), groups: [target.group] })
    case 'all':
      return fixed(list, { ids: accepted(tenant_id, sql`true`), groups: [] })
  }
}

const accepted = (tenant_id: string, condition: Sql): Sql =>
  sql`select d.id from devices d where d.tenant_id = ${tenant_id} and d.status = 'accepted' and ${condition}`

/** How many, and nothing else. */
export const counting =
  (db: Db): Count =>
  async (ids) =>
    (await db.first<{ count: number }>(sql`select count(*) as count from (${ids}) as target`))?.count ?? 0

async function findDynamic(
  db: Db,
  tenant_id: string,
  { filter_id, max_devices }: { filter_id: string; max_devices: number | null },
): Promise<TargetDevices> {
  const filter = await db.first<{ id: string; name: string; terms: Term[] }>(sql`
    select id, name, terms from filters where tenant_id = ${tenant_id} and id = ${filter_id}`)
  if (!filter) throw badRequest('filter not found')
  const ids = accepted(tenant_id, termsToSql(filter.terms))
  return { dynamic: true, filter, groups: [], max_devices, initial_device_count: await counting(db)(ids), ids }
}

async function fixed(list: Count, { ids, groups }: { ids: Sql; groups: string[] }): Promise<TargetDevices> {
  const count = await list(ids)
  if (count === 0) throw badRequest('No devices for the deployment')
  return { dynamic: false, groups, max_devices: count, initial_device_count: count, ids }
}

/** A deployment to one device is shown with the group of that device. */
async function groupOfOnly(db: Db, tenant_id: string, devices: string[]): Promise<string[]> {
  if (devices.length !== 1) return []
  const row = await db.first<{ group_name: string | null }>(sql`
    select group_name from devices where tenant_id = ${tenant_id} and id = ${devices[0]}`)
  return row?.group_name ? [row.group_name] : []
}
