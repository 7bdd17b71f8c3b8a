import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { empty, raw, type Sql, sql } from '../../db/sql.ts'
import { arrayOf } from '../../db/text-array.ts'
import { noDevices, roleForbids } from '../../errors.ts'
import { termsToSql } from '../../inventory/filters/filter-to-sql.ts'
import type { SavedFilter } from '../../inventory/saved-filter.ts'
import { devicesPinned } from '../../rollout-errors.ts'
import { TextSet } from '../../text-set.ts'
import type { Exclusion } from '../rollout/rules.ts'
import { CHUNK } from '../rows/target-rows.ts'
import type { Target } from '../target.ts'
import { findDevicesOf } from './find-devices-of.ts'
import { andNotExcluded } from './not-excluded.ts'
import { andNotPinnedForever, findPinned, hasPinned, isPinnedForever, MAX_PINNED_IDS } from './pinned-targets.ts'
import { requireFilter } from './require-filter.ts'

export type TargetDevices = {
  dynamic: boolean
  filter?: SavedFilter
  /** If a static deployment does not name its devices: it is for all accepted ones, or for those in its group. */
  audience: 'all' | 'group' | null
  groups: string[]
  /** The deployment finishes after this many devices; null: it never finishes by itself. */
  max_devices: number | null
  initial_device_count: number
  /** Target devices that are excluded. */
  excluded: number
  /** Target devices that are left out because they are pinned forever. */
  pinned: number
  /** Of a static deployment: their ids, as many as it names. */
  pinned_ids: string[]
  /** A condition on `devices d` for the target devices that exist and are accepted now. */
  accepted: Sql
  /** `from` and `where` of all target devices, which need not exist, with their rows `d`; `id` is their id. */
  members: Members
}

export type Members = { from: Sql; id: Sql }

/** Receives the target devices: creation stores them, a preview groups them. */
export type TargetSink = {
  /** Counts the devices that meet a condition. */
  count(accepted: Sql): Promise<number>
  /** Takes the ids of named devices, which need not exist. */
  addNamed(ids: TextSet, accepted: Sql): Promise<unknown>
}

type Request = { target: Target; exclude: Exclusion | null; sink: TargetSink }

export async function findTarget(db: Db, viewer: Viewer, request: Request): Promise<TargetDevices> {
  const { groups } = viewer.scope
  if (groups !== null && !mayReach(groups, request.target)) throw roleForbids()
  const found = await find(db, viewer, request)
  // The target is one device, which must be in one of the groups.
  if (groups !== null && !found.groups.some((group) => groups.includes(group))) throw roleForbids()
  return found
}

/** A user whose role is limited to groups may deploy to one of these groups, or to one device in them. */
const mayReach = (groups: readonly string[], target: Target): boolean =>
  (target.kind === 'group' && groups.includes(target.group)) ||
  (target.kind === 'devices' && target.devices.size === 1) ||
  target.kind === 'devices_of'

async function find(db: Db, viewer: Viewer, request: Request): Promise<TargetDevices> {
  const { target } = request
  const { tenant_id } = viewer
  switch (target.kind) {
    case 'filter': {
      const { max_devices } = target
      const filter = await requireFilter(db, tenant_id, target.filter_id)
      const matching = await matchingTarget(db, viewer, request, { condition: termsToSql(filter.terms) })
      return { ...matching, dynamic: true, filter, audience: null, groups: [], max_devices }
    }
    case 'devices':
      return namedTarget(db, viewer, request, { ids: target.devices })
    case 'devices_of':
      return namedTarget(db, viewer, request, await findDevicesOf(db, viewer, target))
    case 'group':
      return audienceTarget(db, viewer, request, {
        ...{ condition: sql`d.group_name = ${target.group}`, audience: 'group', groups: [target.group] },
      })
    case 'all':
      return audienceTarget(db, viewer, request, { condition: raw('true'), audience: 'all', groups: [] })
  }
}

type Audience = { condition: Sql; audience: 'all' | 'group'; groups: string[] }

/**
 * An audience has no list of its devices, unless a filter excludes some, which may match no longer when they poll, or
 * more are pinned than the deployment names. Pins may change at any time: those that are read first count.
 */
async function audienceTarget(db: Db, viewer: Viewer, request: Request, { condition, ...audience }: Audience) {
  const all = sql`d.tenant_id = ${viewer.tenant_id} and d.status = 'accepted' and ${condition}`
  const pinned_ids = await findPinned(db, sql`${all} ${andNotExcluded(request.exclude)}`)
  if (!request.exclude?.filter && pinned_ids.length <= MAX_PINNED_IDS) {
    const matching = await matchingTarget(db, viewer, request, { condition, pinned_ids })
    return staticTarget({ ...matching, pinned_ids }, audience)
  }
  const rows = await db.query<{ id: string }>(sql`select d.id from devices d where ${all}`)
  return namedTarget(db, viewer, request, {
    ids: await TextSet.gather(rows.map(({ id }) => id)),
    groups: audience.groups,
  })
}

type Found = Pick<TargetDevices, 'initial_device_count' | 'excluded' | 'pinned' | 'pinned_ids' | 'accepted' | 'members'>

/** `pinned_ids`: those of them that are pinned forever; undefined: those that are at each moment. */
type Matching = { condition: Sql; pinned_ids?: readonly string[] }

/** The accepted devices that meet a condition, less those that are excluded or pinned forever. */
async function matchingTarget(
  db: Db,
  { tenant_id }: Viewer,
  { exclude, sink }: Request,
  { condition, pinned_ids }: Matching,
): Promise<Found> {
  const all = sql`d.tenant_id = ${tenant_id} and d.status = 'accepted' and ${condition}`
  const kept = sql`${all} ${andNotExcluded(exclude)}`
  const accepted = sql`${kept} ${pinned_ids ? andNotAmong(pinned_ids) : andNotPinnedForever}`
  const initial_device_count = await sink.count(accepted)
  const pinned = pinned_ids?.length ?? (await countDevices(db, sql`${kept} and ${isPinnedForever}`))
  const excluded = exclude ? (await countDevices(db, all)) - pinned - initial_device_count : 0
  return {
    ...{ initial_device_count, excluded, pinned, pinned_ids: [] },
    accepted,
    members: { from: sql`devices d where ${accepted}`, id: raw('d.id') },
  }
}

const andNotAmong = (ids: readonly string[]): Sql =>
  ids.length === 0 ? empty : sql`and not (d.id = any(${[...ids]}::text[]))`

type Named = { ids: TextSet; groups?: string[] }

async function namedTarget(db: Db, { tenant_id }: Viewer, request: Request, named: Named): Promise<TargetDevices> {
  const { exclude, sink } = request
  const wanted = exclude ? await withoutExcluded(db, tenant_id, { ids: named.ids, exclude }) : named.ids
  const { ids, pinned_ids } = await withoutPinned(db, tenant_id, wanted)
  const accepted = sql`d.tenant_id = ${tenant_id} and d.status = 'accepted' and d.id = any(${arrayOf(ids)})`
  await sink.addNamed(ids, accepted)
  const found = {
    ...{ initial_device_count: ids.size, excluded: named.ids.size - wanted.size, accepted },
    ...{ pinned: wanted.size - ids.size, pinned_ids: pinned_ids.slice(0, MAX_PINNED_IDS) },
    members: { from: sql`${given(tenant_id, arrayOf(ids))} where true`, id: raw('given.id') },
  }
  return staticTarget(found, { audience: null, groups: named.groups ?? (await groupOfSingle(db, tenant_id, ids)) })
}

const given = (tenant_id: string, ids: Sql): Sql => sql`
  unnest(${ids}) as given (id) left join devices d on d.tenant_id = ${tenant_id} and d.id = given.id`

type Excluding = { ids: TextSet; exclude: Exclusion }

async function withoutExcluded(db: Db, tenant_id: string, { ids, exclude }: Excluding): Promise<TextSet> {
  const kept = new TextSet()
  for (let from = 0; from < ids.size; from += CHUNK) {
    const rows = await db.query<{ id: string }>(sql`
      select given.id from ${given(tenant_id, arrayOf(ids, from, from + CHUNK))}
      where not (given.id = any(${exclude.device_ids}::text[])) ${andNotExcluded(exclude)}`)
    for (const { id } of rows) kept.add(id)
  }
  return kept
}

async function withoutPinned(db: Db, tenant_id: string, ids: TextSet) {
  if (!(await hasPinned(db, tenant_id))) return { ids, pinned_ids: [] }
  const kept = new TextSet()
  const pinned_ids: string[] = []
  for (let from = 0; from < ids.size; from += CHUNK) {
    const rows = await db.query<{ id: string; is_pinned: boolean }>(sql`
      select given.id, coalesce(${isPinnedForever}, false) as is_pinned
      from ${given(tenant_id, arrayOf(ids, from, from + CHUNK))}`)
    for (const { id, is_pinned } of rows) if (!is_pinned) kept.add(id)
    for (const { id, is_pinned } of rows) if (is_pinned) pinned_ids.push(id)
  }
  return { ids: kept, pinned_ids }
}

async function countDevices(db: Db, condition: Sql): Promise<number> {
  const row = await db.first<{ count: number }>(sql`select count(*) as count from devices d where ${condition}`)
  return row?.count ?? 0
}

function staticTarget(found: Found, devices: Pick<TargetDevices, 'audience' | 'groups'>): TargetDevices {
  if (found.initial_device_count === 0) throw found.pinned > 0 ? devicesPinned() : noDevices()
  return { ...found, ...devices, dynamic: false, max_devices: found.initial_device_count }
}

/** A deployment to one device belongs to the group of that device. */
async function groupOfSingle(db: Db, tenant_id: string, ids: TextSet): Promise<string[]> {
  if (ids.size !== 1) return []
  const row = await db.first<{ group_name: string | null }>(sql`
    select group_name from devices where tenant_id = ${tenant_id} and id = any(${arrayOf(ids)})`)
  return row?.group_name ? [row.group_name] : []
}
