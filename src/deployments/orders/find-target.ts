import type { Asker } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { noDevices, roleForbids, unknownFilter } from '../../errors.ts'
import type { Term } from '../../inventory/filter.ts'
import { termsToSql } from '../../inventory/filter-to-sql.ts'
import type { Target } from '../target.ts'

export type TargetDevices = {
  dynamic: boolean
  filter?: { id: string; name: string; terms: Term[] }
  /** Static, and its devices are not named: those accepted as it is created, all or in its group. */
  audience: 'all' | 'group' | null
  groups: string[]
  /** Devices after which the deployment finishes; null: never by itself. */
  max_devices: number | null
  initial_device_count: number
  /** A condition over `devices` aliased `d`: those of them that are there and accepted now. */
  accepted: Sql
}

export type TargetSink = {
  /** The devices that meet a condition. */
  count(accepted: Sql): Promise<number>
  /** Devices that are named, and need not be there: creation writes them down. */
  addNamed(ids: readonly string[], accepted: Sql): Promise<unknown>
}

export async function findTarget(db: Db, asker: Asker, target: Target, counting: TargetSink): Promise<TargetDevices> {
  const { groups } = asker.scope
  if (groups !== null && !mayReach(groups, target)) throw roleForbids()
  const found = await find(db, asker.tenant_id, target, counting)
  // One device: it must be in such a group.
  if (groups !== null && !found.groups.some((group) => groups.includes(group))) throw roleForbids()
  return found
}

/** Whoever is limited to groups deploys to one of them, or to one device, never to what is not bounded by a group. */
const mayReach = (groups: readonly string[], target: Target): boolean =>
  (target.kind === 'group' && groups.includes(target.group)) ||
  (target.kind === 'devices' && target.devices.length === 1)

async function find(db: Db, tenant_id: string, target: Target, counting: TargetSink): Promise<TargetDevices> {
  switch (target.kind) {
    case 'filter':
      return findDynamic(db, tenant_id, { target, counting })
    case 'devices': {
      const ids = [...new Set(target.devices)]
      const named = accepted(tenant_id, sql`d.id = any(${ids}::text[])`)
      await counting.addNamed(ids, named)
      return fixed(ids.length, { audience: null, groups: await groupOfOnly(db, tenant_id, ids), accepted: named })
    }
    case 'group': {
      const members = accepted(tenant_id, sql`d.group_name = ${target.group}`)
      return fixed(await counting.count(members), { audience: 'group', groups: [target.group], accepted: members })
    }
    case 'all': {
      const all = accepted(tenant_id, sql`true`)
      return fixed(await counting.count(all), { audience: 'all', groups: [], accepted: all })
    }
  }
}

const accepted = (tenant_id: string, condition: Sql): Sql =>
  sql`d.tenant_id = ${tenant_id} and d.status = 'accepted' and ${condition}`

type Dynamic = { target: Extract<Target, { kind: 'filter' }>; counting: TargetSink }

async function findDynamic(db: Db, tenant_id: string, { target, counting }: Dynamic): Promise<TargetDevices> {
  const { filter_id, max_devices } = target
  const filter = await db.first<{ id: string; name: string; terms: Term[] }>(sql`
    select id, name, terms from filters where tenant_id = ${tenant_id} and id = ${filter_id}`)
  if (!filter) throw unknownFilter()
  const matching = accepted(tenant_id, termsToSql(filter.terms))
  const initial_device_count = await counting.count(matching)
  return { dynamic: true, filter, audience: null, groups: [], max_devices, initial_device_count, accepted: matching }
}

function fixed(count: number, devices: Pick<TargetDevices, 'audience' | 'groups' | 'accepted'>): TargetDevices {
  if (count === 0) throw noDevices()
  return { dynamic: false, max_devices: count, initial_device_count: count, ...devices }
}

/** A deployment to one device is shown with the group of that device. */
async function groupOfOnly(db: Db, tenant_id: string, devices: string[]): Promise<string[]> {
  if (devices.length !== 1) return []
  const row = await db.first<{ group_name: string | null }>(sql`
    select group_name from devices where tenant_id = ${tenant_id} and id = ${devices[0]}`)
  return row?.group_name ? [row.group_name] : []
}
