import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { noDevices, roleForbids, unknownFilter } from '../../errors.ts'
import type { Term } from '../../inventory/filter.ts'
import { termsToSql } from '../../inventory/filters/filter-to-sql.ts'
import type { Target } from '../target.ts'

export type TargetDevices = {
  dynamic: boolean
  filter?: { id: string; name: string; terms: Term[] }
  /** If a static deployment does not name its devices: it is for all accepted ones, or for those in its group. */
  audience: 'all' | 'group' | null
  groups: string[]
  /** The deployment finishes after this many devices; null: it never finishes by itself. */
  max_devices: number | null
  initial_device_count: number
  /** A condition on `devices d` for the target devices that exist and are accepted now. */
  accepted: Sql
}

/** Receives the target devices: creation stores them, a preview groups them. */
export type TargetSink = {
  /** Counts the devices that meet a condition. */
  count(accepted: Sql): Promise<number>
  /** Takes the ids of named devices, which need not exist. */
  addNamed(ids: readonly string[], accepted: Sql): Promise<unknown>
}

export async function findTarget(db: Db, viewer: Viewer, target: Target, sink: TargetSink): Promise<TargetDevices> {
  const { groups } = viewer.scope
  if (groups !== null && !mayReach(groups, target)) throw roleForbids()
  const found = await find(db, viewer.tenant_id, target, sink)
  // The target is one device, which must be in one of the groups.
  if (groups !== null && !found.groups.some((group) => groups.includes(group))) throw roleForbids()
  return found
}

/** A user whose role is limited to groups may deploy to one of these groups, or to one device in them. */
const mayReach = (groups: readonly string[], target: Target): boolean =>
  (target.kind === 'group' && groups.includes(target.group)) ||
  (target.kind === 'devices' && target.devices.length === 1)

async function find(db: Db, tenant_id: string, target: Target, sink: TargetSink): Promise<TargetDevices> {
  switch (target.kind) {
    case 'filter':
      return findDynamic(db, tenant_id, { target, sink })
    case 'devices': {
      const ids = [...new Set(target.devices)]
      const named = accepted(tenant_id, sql`d.id = any(${ids}::text[])`)
      await sink.addNamed(ids, named)
      return staticTarget(ids.length, {
        audience: null,
        groups: await groupOfSingle(db, tenant_id, ids),
        accepted: named,
      })
    }
    case 'group': {
      const members = accepted(tenant_id, sql`d.group_name = ${target.group}`)
      return staticTarget(await sink.count(members), { audience: 'group', groups: [target.group], accepted: members })
    }
    case 'all': {
      const all = accepted(tenant_id, sql`true`)
      return staticTarget(await sink.count(all), { audience: 'all', groups: [], accepted: all })
    }
  }
}

const accepted = (tenant_id: string, condition: Sql): Sql =>
  sql`d.tenant_id = ${tenant_id} and d.status = 'accepted' and ${condition}`

type FilterRequest = { target: Extract<Target, { kind: 'filter' }>; sink: TargetSink }

async function findDynamic(db: Db, tenant_id: string, { target, sink }: FilterRequest): Promise<TargetDevices> {
  const { filter_id, max_devices } = target
  const filter = await db.first<{ id: string; name: string; terms: Term[] }>(sql`
    select id, name, terms from filters where tenant_id = ${tenant_id} and id = ${filter_id}`)
  if (!filter) throw unknownFilter()
  const matching = accepted(tenant_id, termsToSql(filter.terms))
  const initial_device_count = await sink.count(matching)
  return { dynamic: true, filter, audience: null, groups: [], max_devices, initial_device_count, accepted: matching }
}

function staticTarget(count: number, devices: Pick<TargetDevices, 'audience' | 'groups' | 'accepted'>): TargetDevices {
  if (count === 0) throw noDevices()
  return { dynamic: false, max_devices: count, initial_device_count: count, ...devices }
}

/** A deployment to one device belongs to the group of that device. */
async function groupOfSingle(db: Db, tenant_id: string, devices: string[]): Promise<string[]> {
  if (devices.length !== 1) return []
  const row = await db.first<{ group_name: string | null }>(sql`
    select group_name from devices where tenant_id = ${tenant_id} and id = ${devices[0]}`)
  return row?.group_name ? [row.group_name] : []
}
