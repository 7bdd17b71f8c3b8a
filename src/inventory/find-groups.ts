import { type Asker, andVisible } from '../auth/visible-devices.ts'
import { empty, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { deviceNotInInventory, groupNotFound } from '../errors.ts'

/**
 * Devices looked at for one step: a group with more of them takes a step of its own, past all of its devices; of smaller ones many are
 * found at once.
 */
const STEP = 50

/** The names of all groups, or of those that hold a device of some status. */
export async function findGroups(env: Env, asker: Asker, status?: string): Promise<string[]> {
  const names: string[] = []
  let found: { name: string }[]
  do {
    found = await findAfter(env, asker, { last: names.at(-1) ?? '', status })
    names.push(...found.map(({ name }) => name))
  } while (found.length > 0)
  return names.sort()
}

const findAfter = (env: Env, asker: Asker, { last, status }: { last: string; status: string | undefined }) =>
  env.db.query<{ name: string }>(sql`
    select distinct group_name as name from (
      select group_name from devices d
      where tenant_id = ${asker.tenant_id} and group_name > ${last} ${andVisible(asker)}
        ${status === undefined ? empty : sql`and status = ${status}`}
      order by group_name limit ${STEP}
    ) as next order by name`)

/** A group is there while a device is in it. */
export async function findGroupDevices(
  env: Env,
  { tenant_id, scope }: Asker,
  { group, page }: { group: string; page: { per_page: number; offset: number } },
): Promise<{ device_ids: string[]; total: number }> {
  const row = await env.db.first<{ device_ids: string[]; total: number }>(sql`
    with members as (
      select id from devices d where tenant_id = ${tenant_id} and group_name = ${group} ${andVisible({ scope })})
    select (select count(*) from members) as total,
      array(select id from members order by id collate "C" limit ${page.per_page} offset ${page.offset}) as device_ids`)
  if (!row || row.total === 0) throw groupNotFound()
  return row
}

export async function findGroupOf(env: Env, { tenant_id, scope }: Asker, device_id: string): Promise<string | null> {
  const row = await env.db.first<{ group_name: string | null }>(sql`
    select group_name from devices d where tenant_id = ${tenant_id} and id = ${device_id} ${andVisible({ scope })}`)
  if (!row) throw deviceNotInInventory()
  return row.group_name
}
