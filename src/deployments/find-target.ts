import type { Asker } from '../auth/visible-devices.ts'
import type { Db } from '../db/db.ts'
import { type Sql, sql } from '../db/sql.ts'
import { badRequest, roleForbids } from '../errors.ts'
import type { Term } from '../inventory/filter.ts'
import { countMatching } from '../inventory/find-devices.ts'
import type { DeploymentKey } from './progress-rows.ts'
import type { Target } from './target.ts'

export type TargetDevices = {
  dynamic: boolean
  filter?: { id: string; name: string; terms: Term[] }
  groups: string[]
  /** Devices after which the deployment finishes; null: never by itself. */
  max_devices: number | null
  initial_device_count: number
}

/** Finds the target devices; those of a static deployment are written down with it, whoever joins the group later. */
export async function findTarget(tx: Db, asker: Asker, deployment_id: string, target: Target): Promise<TargetDevices> {
  const { groups } = asker.scope
  if (groups !== null && !mayReach(groups, target)) throw roleForbids()
  const found = await find(tx, { tenant_id: asker.tenant_id, deployment_id }, target)
  // One device: it must be in such a group.
  if (groups !== null && !found.groups.some((group) => groups.includes(group))) throw roleForbids()
  return found
}

/** Whoever is limited to groups deploys to one of them, or to one device, never to what is not bounded by a group. */
const mayReach = (groups: readonly string[], target: Target): boolean =>
  (target.kind === 'group' && groups.includes(target.group)) ||
  (target.kind === 'devices' && target.devices.length === 1)

async function find(tx: Db, key: DeploymentKey, target: Target): Promise<TargetDevices> {
  switch (target.kind) {
    case 'filter':
      return findDynamic(tx, key.tenant_id, target)
    case 'devices':
      return fixed(await insertListed(tx, key, target.devices), await groupOfOnly(tx, key.tenant_id, target.devices))
    case 'group':
      return fixed(await insertAccepted(tx, key, sql`and group_name = ${target.group}`), [target.group])
    case 'all':
      return fixed(await insertAccepted(tx, key, sql``), [])
  }
}

async function findDynamic(
  tx: Db,
  tenant_id: string,
  { filter_id, max_devices }: { filter_id: string; max_devices: number | null },
) {
  const filter = await tx.first<{ id: string; name: string; terms: Term[] }>(sql`
    select id, name, terms from filters where tenant_id = ${tenant_id} and id = ${filter_id}`)
  if (!filter) throw badRequest('filter not found')
  const initial_device_count = await countMatching(tx, tenant_id, filter.terms)
  return { dynamic: true, filter, groups: [], max_devices, initial_device_count }
}

function fixed(count: number, groups: string[]): TargetDevices {
  if (count === 0) throw badRequest('No devices for the deployment')
  return { dynamic: false, groups, max_devices: count, initial_device_count: count }
}

const insertListed = (tx: Db, key: DeploymentKey, devices: string[]) =>
  insertTargets(tx, key, sql`select distinct id from unnest(${devices}::text[]) as listed (id)`)

const insertAccepted = (tx: Db, key: DeploymentKey, condition: Sql) =>
  insertTargets(
    tx,
    key,
    sql`select id from devices where tenant_id = ${key.tenant_id} and status = 'accepted' ${condition}`,
  )

async function insertTargets(tx: Db, { tenant_id, deployment_id }: DeploymentKey, ids: Sql): Promise<number> {
  const row = await tx.first<{ count: number }>(sql`
    with inserted as (
      insert into deployment_targets (tenant_id, device_id, deployment_id)
      select ${tenant_id}, id, ${deployment_id} from (${ids}) as target returning 1
    ) select count(*) as count from inserted`)
  return row?.count ?? 0
}

/** A deployment to one device is shown with the group of that device. */
async function groupOfOnly(tx: Db, tenant_id: string, devices: string[]): Promise<string[]> {
  if (devices.length !== 1) return []
  const row = await tx.first<{ group_name: string | null }>(sql`
    select group_name from devices where tenant_id = ${tenant_id} and id = ${devices[0]}`)
  return row?.group_name ? [row.group_name] : []
}
