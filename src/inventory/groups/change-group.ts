import type { Actor } from '../../auth/actor.ts'
import { readLastListing } from '../../auth/devices/end-membership.ts'
import { endMemberships, MEMBERSHIPS } from '../../auth/devices/end-memberships.ts'
import { andVisible } from '../../auth/devices/visible-devices.ts'
import { unlessDistributed } from '../../db/citus/unless-distributed.ts'
import type { Db } from '../../db/db.ts'
import { noteChanged, noteTenantChanged } from '../../db/invalidations/note-changes.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import { empty, raw, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { GroupChange } from '../group.ts'

/**
 * The devices that meet the condition `which` are put into the group `to`; null: into none. `group`: the group that
 * they are put into or taken out of.
 */
type Change = { group: string; to: string | null; which: Sql }

export const changeGroup = (env: Env, actor: Actor, change: Change): Promise<GroupChange> =>
  unlessDistributed(env, {
    // All changes lock the rows in one order, so that two of them never deadlock.
    whole: () => changeLocked(env, actor, { ...change, lock: 'shared', order: IN_ORDER }),
    // The exclusive lock keeps out all other changes of memberships, and takes the place of row locks.
    distributed: () => changeLocked(env, actor, { ...change, lock: 'exclusive', order: empty }),
  })

const IN_ORDER = raw('order by d.tenant_id, d.id for no key update')
type LockedChange = Change & { lock: 'shared' | 'exclusive'; order: Sql }

/** Ids of devices in the event of a change; what is beyond is only counted. */
const MAX_IDS = 200

type ChangedDevices = GroupChange & { device_ids: string[] }

const changeLocked = (env: Env, actor: Actor, { lock, ...change }: LockedChange) =>
  env.db.transaction(async (tx): Promise<GroupChange> => {
    const at = env.now()
    await lockMemberships(tx, actor.tenant_id, lock)
    const { device_ids, ...counts } = await updateDevices(tx, actor, { ...change, now: at.toISOString() })
    await noteGroupChanged(tx, actor, device_ids, counts)
    if (counts.updated_count > 0)
      await recordEvent(tx, actor, { at, action: 'update', ...eventOf(change, counts.updated_count, device_ids) })
    return counts
  })

async function noteGroupChanged(tx: Db, { tenant_id }: Actor, ids: readonly string[], { updated_count }: GroupChange) {
  // Which report of a device would change nothing does not depend on its group: a change of the tenant covers the rest.
  if (ids.length < updated_count) return noteTenantChanged(tx, tenant_id)
  await noteChanged(
    tx,
    ids.map((device_id) => ({ tenant_id, device_id, device_version: null })),
  )
}

const eventOf = ({ group: name, to }: Change, count: number, ids: string[]) => ({
  object: eventObject('group', name, { name, devices: { count, ids } }),
  ids,
  change: `${to === null ? 'Devices taken out of' : 'Devices put into'} the group: ${count}`,
})

async function updateDevices(
  tx: Db,
  { tenant_id, scope }: Actor,
  { to, which, order, now }: Omit<LockedChange, 'lock'> & { now: string },
): Promise<ChangedDevices> {
  const last_listing = await readLastListing(tx, tenant_id)
  const row = await tx.first<ChangedDevices>(sql`
    with matched as (
      select ${MEMBERSHIPS} from devices d
      where d.tenant_id = ${tenant_id} and ${which} ${andVisible({ scope })} ${order}
    ), changing as (
      select * from matched where group_name is distinct from ${to}::text
    ), ended as (
      ${endMemberships(last_listing)}
    ), updated as (
      update devices d set group_name = ${to}::text, device_version = d.device_version + 1,
        attributes_updated_ts = ${now}, listed_after = ${last_listing}
      from changing c
      where d.tenant_id = c.tenant_id and d.id = c.id returning d.id
    )
    select (select count(*) from matched) as matched_count, (select count(*) from updated) as updated_count,
      array(select id from updated limit ${MAX_IDS}) as device_ids`)
  return row ?? { matched_count: 0, updated_count: 0, device_ids: [] }
}
