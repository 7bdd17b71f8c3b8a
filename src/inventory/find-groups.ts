import { type Asker, andVisible } from '../auth/devices/visible-devices.ts'
import { unlessDistributed } from '../db/citus/unless-distributed.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { deviceNotInInventory, groupNotFound } from '../errors.ts'
import { scanGroups } from './scan-groups.ts'

/** The names of all groups, or of those that hold a device of some status. */
export const findGroups = (env: Pick<Env, 'db'>, asker: Asker, status?: string): Promise<string[]> =>
  unlessDistributed(env, {
    whole: () => stepThroughNames(env, asker, status),
    distributed: () => scanGroups(env, asker, status),
  })

/** From one name to the next, past all of its devices. */
async function stepThroughNames(env: Pick<Env, 'db'>, { tenant_id, scope }: Asker, status?: string): Promise<string[]> {
  const holdsOne = sql`exists (
    select 1 from devices m where m.tenant_id = ${tenant_id} and m.group_name = name and m.status = ${status ?? null})`
  const rows = await env.db.reads.query<{ name: string }>(sql`
    with recursive names as (
      select (select min(group_name) from devices where tenant_id = ${tenant_id} and group_name is not null) as name
      union all
      select (select min(group_name) from devices where tenant_id = ${tenant_id} and group_name > names.name)
      from names where names.name is not null
    )
    select name from names where name is not null and (${scope.groups}::text[] is null or name = any(${scope.groups}::text[]))
      and (${status ?? null}::text is null or ${holdsOne})
    order by name collate "C"`)
  return rows.map(({ name }) => name)
}

/** A group is there while a device is in it. */
export async function findGroupDevices(
  env: Env,
  { tenant_id, scope }: Asker,
  { group, page }: { group: string; page: { per_page: number; offset: number } },
): Promise<{ device_ids: string[]; total: number }> {
  const row = await env.db.reads.first<{ device_ids: string[]; total: number }>(sql`
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
