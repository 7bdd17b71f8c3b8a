import { type Asker, andVisible } from '../auth/visible-devices.ts'
import type { Db } from '../db/db.ts'
import { type Sql, sql } from '../db/sql.ts'
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
  const named = sql`d.id = any(${device_ids}::text[])`
  const now = nowText(env)
  return env.db.transaction(async (tx) => {
    const updated_count = await move(tx, asker, { group, which: named, now })
    const there = await tx.first<{ count: number }>(sql`
      select count(*) from devices d where d.tenant_id = ${asker.tenant_id} and ${named} and d.group_name = ${group}`)
    return { matched_count: there?.count ?? 0, updated_count }
  })
}

/** Takes devices, or all of them, out of a group that they are in. */
export async function removeFromGroup(
  env: Env,
  asker: Asker,
  { group, device_ids }: { group: string; device_ids?: readonly string[] },
): Promise<GroupChange> {
  const named = device_ids ? sql`and d.id = any(${device_ids}::text[])` : sql``
  const updated_count = await env.db.transaction((tx) =>
    move(tx, asker, { group: null, which: sql`d.group_name = ${group} ${named}`, now: nowText(env) }),
  )
  return { matched_count: updated_count, updated_count }
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

/** Answers how many it moved. Where two changes wait for each other, one begins again. */
async function move(
  tx: Db,
  { tenant_id, scope }: Asker,
  { group, which, now }: { group: string | null; which: Sql; now: string },
): Promise<number> {
  const row = await tx.first<{ count: number }>(sql`
    with moved as (
      update devices d set group_name = ${group}::text, attributes_version = d.attributes_version + 1,
        attributes_updated_ts = ${now}
      where d.tenant_id = ${tenant_id} and ${which} ${andVisible({ scope })} and d.group_name is distinct from ${group}::text
      returning 1
    )
    select count(*) from moved`)
  return row?.count ?? 0
}
