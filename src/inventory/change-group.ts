import type { Actor } from '../auth/actor.ts'
import { endMemberships, MEMBERSHIP } from '../auth/devices/end-memberships.ts'
import { andVisible } from '../auth/devices/visible-devices.ts'
import { recordAct } from '../auth/record-act.ts'
import { unlessDistributed } from '../db/citus/unless-distributed.ts'
import type { Db } from '../db/db.ts'
import { lockMemberships } from '../db/locks/membership-lock.ts'
import { empty, raw, type Sql, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { deviceNotInInventory, roleForbids } from '../errors.ts'
import { type GroupChange, requireGroupName } from './group.ts'

/** Puts devices that the actor sees into a group that they see, out of whatever group they were in. */
export async function addToGroup(
  env: Env,
  actor: Actor,
  { group, device_ids }: { group: string; device_ids: readonly string[] },
): Promise<GroupChange> {
  requireGroupName(group)
  const { groups } = actor.scope
  if (groups !== null && !groups.includes(group)) throw roleForbids()
  return change(env, actor, { group, to: group, which: sql`d.id = any(${device_ids}::text[])` })
}

/**
 * Takes devices, or all of them, out of a group that they are in. Whoever is limited to groups only moves devices from one of them
 * to another: a device in no group is in nobody's scope.
 */
export async function removeFromGroup(
  env: Env,
  actor: Actor,
  { group, device_ids }: { group: string; device_ids?: readonly string[] },
): Promise<GroupChange> {
  if (actor.scope.groups !== null) throw roleForbids()
  const named = device_ids ? sql`and d.id = any(${device_ids}::text[])` : sql``
  return change(env, actor, { group, to: null, which: sql`d.group_name = ${group} ${named}` })
}

export async function moveToGroup(env: Env, actor: Actor, { device_id, group }: { device_id: string; group: string }) {
  const { matched_count } = await addToGroup(env, actor, { group, device_ids: [device_id] })
  if (matched_count === 0) throw deviceNotInInventory()
}

/** Not found, unless the device is in that very group. */
export async function leaveGroup(env: Env, actor: Actor, { device_id, group }: { device_id: string; group: string }) {
  const { matched_count } = await removeFromGroup(env, actor, { group, device_ids: [device_id] })
  if (matched_count === 0) throw deviceNotInInventory()
}

/** `group` is what they are put into or taken out of; null: then they are in none. */
type Change = { group: string; to: string | null; which: Sql }

const change = (env: Env, actor: Actor, which: Change): Promise<GroupChange> =>
  unlessDistributed(env, {
    // In one order, so that two changes never wait for each other.
    whole: () => changeUnder(env, actor, { ...which, lock: 'shared', order: IN_ORDER }),
    // The lock that keeps out all who change memberships stands for those of the rows.
    distributed: () => changeUnder(env, actor, { ...which, lock: 'exclusive', order: empty }),
  })

const IN_ORDER = raw('order by d.tenant_id, d.id for no key update')
type Changing = Change & { lock: 'shared' | 'exclusive'; order: Sql }

const MOST_NAMED = 200

type Changed = GroupChange & { device_ids: string[] }

const changeUnder = (env: Env, actor: Actor, { lock, ...change }: Changing) =>
  env.db.transaction(async (tx): Promise<GroupChange> => {
    const at = env.now()
    await lockMemberships(tx, actor.tenant_id, lock)
    const { device_ids, ...counts } = await write(tx, actor, { ...change, now: at.toISOString() })
    if (counts.updated_count > 0)
      await recordAct(tx, actor, { at, action: 'update', ...lineOf(change, counts.updated_count, device_ids) })
    return counts
  })

const lineOf = ({ group: name, to }: Change, count: number, ids: string[]) => ({
  object: { id: name, type: 'group' as const, group: { name, devices: { count, ids } } },
  ids,
  change: `${to === null ? 'Devices taken out of' : 'Devices put into'} the group: ${count}`,
})

async function write(
  tx: Db,
  { tenant_id, scope }: Actor,
  { to, which, order, now }: Omit<Changing, 'lock'> & { now: string },
): Promise<Changed> {
  const row = await tx.first<Changed>(sql`
    with matched as (
      select ${MEMBERSHIP} from devices d where d.tenant_id = ${tenant_id} and ${which} ${andVisible({ scope })} ${order}
    ), changing as (
      select * from matched where group_name is distinct from ${to}::text
    ), ended as (
      ${endMemberships}
    ), updated as (
      update devices d set group_name = ${to}::text, device_version = d.device_version + 1,
        attributes_updated_ts = ${now}, listed_after = t.last_listing_created
      from changing c join tenants t on t.tenant_id = c.tenant_id
      where d.tenant_id = c.tenant_id and d.id = c.id returning d.id
    )
    select (select count(*) from matched) as matched_count, (select count(*) from updated) as updated_count,
      array(select id from updated limit ${MOST_NAMED}) as device_ids`)
  return row ?? { matched_count: 0, updated_count: 0, device_ids: [] }
}
