import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { unlessDistributed } from '../../db/citus/unless-distributed.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { scanGroups } from './scan-groups.ts'

/** The names of all groups, or of those that hold a device with a status. */
export const findGroups = (env: Pick<Env, 'db'>, viewer: Viewer, status?: string): Promise<string[]> =>
  unlessDistributed(env, {
    whole: () => walkGroups(env, viewer, status),
    distributed: () => scanGroups(env, viewer, status),
  })

/** Steps through an index from each name to the next, past all devices of the group. */
async function walkGroups(env: Pick<Env, 'db'>, { tenant_id, scope }: Viewer, status?: string): Promise<string[]> {
  const holdsStatus = sql`exists (
    select 1 from devices m where m.tenant_id = ${tenant_id} and m.group_name = name and m.status = ${status ?? null})`
  const rows = await env.db.reads.query<{ name: string }>(sql`
    with recursive names as (
      select (select min(group_name) from devices where tenant_id = ${tenant_id} and group_name is not null) as name
      union all
      select (select min(group_name) from devices where tenant_id = ${tenant_id} and group_name > names.name)
      from names where names.name is not null
    )
    select name from names
    where name is not null and (${scope.groups}::text[] is null or name = any(${scope.groups}::text[]))
      and (${status ?? null}::text is null or ${holdsStatus})
    order by name collate "C"`)
  return rows.map(({ name }) => name)
}
