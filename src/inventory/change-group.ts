import { endMemberships, MEMBERSHIP } from '../auth/end-memberships.ts'
import { type Asker, andVisible } from '../auth/visible-devices.ts'
import { lockMemberships } from '../db/membership-lock.ts'
import { unlessSpread } from '../db/spread.ts'
import { empty, raw, type Sql, sql } from '../db/sql.ts'
import { type Env, nowText } from '../env.ts'
import { deviceNotInInventory, roleForbids } from '../errors.ts'
import { type GroupChange, requireGroupName } from './group.ts'

/** Puts devices that the asker sees into a group that they see, out of whatever group they were in. */
export async function addToGroup(
  env: Env,
  asker: Asker,
  { group, device_ids }: { group: string; device_ids: readonly string[] },
): Promise<GroupChange> {
  requireGroupName(group)
  const { groups } = asker.scope
  if (groups !== null && !groups.includes(group)) throw roleForbids()
  return change(env, asker, { group, which: sql`d.id = any(${device_ids}::text[])` })
}

/**
 * Takes devices, or all of them, out of a group that they are in. Whoever is limited to groups only moves devices from one of them
 * to another: a device in no group is in nobody's scope.
 */
export async function removeFromGroup(
  env: Env,
  asker: Asker,
  { group, device_ids }: { group: string; device_ids?: readonly string[] },
): Promise<GroupChange> {
  if (asker.scope.groups !== null) throw roleForbids()
  const named = device_ids ? sql`and d.id = any(${device_ids}::text[])` : sql``
  return change(env, asker, { group: null, which: sql`d.group_name = ${group} ${named}` })
}

export async function moveToGroup(env: Env, asker: Asker, { device_id, group }: { device_id: string; group: string }) {
  const { matched_count } = await addToGroup(env, asker, { group, device_ids: [device_id] })
  if (matched_count === 0) throw deviceNotInInventory()
}

/** Not found, unless the device is in that very group. */
export async function leaveGroup(env: Env, asker: Asker, { device_id, group }: { device_id: string; group: string }) {
  const { matched_count } = await removeFromGroup(env, asker, { group, device_ids: [device_id] })
  if (matched_count === 0) throw deviceNotInInventory()
}

type Change = { group: string | null; which: Sql }

const change = (env: Env, asker: Asker, which: Change): Promise<GroupChange> =>
  unlessSpread(env, {
    // In one order, so that two changes never wait for each other.
    together: () => changeUnder(env, asker, { ...which, lock: 'changing', order: IN_ORDER }),
    // The lock that keeps out all who change memberships stands for those of the rows.
    apart: () => changeUnder(env, asker, { ...which, lock: 'reading', order: empty }),
  })

const IN_ORDER = raw('order by d.tenant_id, d.id for no key update')
type Changing = Change & { lock: 'changing' | 'reading'; order: Sql }

const changeUnder = (env: Env, { tenant_id, scope }: Asker, { group, which, lock, order }: Changing) =>
  env.db.transaction(async (tx): Promise<GroupChange> => {
    await lockMemberships(tx, tenant_id, lock)
    const row = await tx.first<GroupChange>(sql`
      with matched as (
        select ${MEMBERSHIP} from devices d where d.tenant_id = ${tenant_id} and ${which} ${andVisible({ scope })} ${order}
      ), changing as (
        select * from matched where group_name is distinct from ${group}::text
      ), ended as (
        ${endMemberships}
      ), updated as (
        update devices d set group_name = ${group}::text, attributes_version = d.attributes_version + 1,
          attributes_updated_ts = ${nowText(env)}, listed_after = t.last_listing_created
        from changing c join tenants t on t.tenant_id = c.tenant_id
        where d.tenant_id = c.tenant_id and d.id = c.id returning 1
      )
      select (select count(*) from matched) as matched_count, (select count(*) from updated) as updated_count`)
    return row ?? { matched_count: 0, updated_count: 0 }
  })
