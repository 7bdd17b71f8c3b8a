import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { withTimeBudget } from '../../db/locks/time-budget.ts'
import { cachedIfLarge, LARGE_COUNT } from '../../db/memory/cached-if-large.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { CountedGroup } from '../group.ts'

const groups = cachedIfLarge<Env, Viewer, CountedGroup[]>(
  async (env, viewer) => {
    const rows = await withTimeBudget(env, (db) =>
      db.query<CountedGroup>(sql`
        select group_name as name, count(*) as device_count,
          count(*) filter (where status = 'accepted') as accepted_count
        from devices d where tenant_id = ${viewer.tenant_id} and group_name is not null ${andVisible(viewer)}
        group by group_name`),
    )
    return rows.sort((a, b) => (a.name < b.name ? -1 : 1))
  },
  {
    name: ({ tenant_id, scope }) => JSON.stringify([tenant_id, scope.groups && [...scope.groups].sort()]),
    isLarge: (counted) => counted.reduce((sum, { device_count }) => sum + device_count, 0) > LARGE_COUNT,
  },
)

/** All groups by name; the counts of a large fleet may be some seconds old. */
export const countGroups = (env: Env, { tenant_id, scope }: Viewer): Promise<CountedGroup[]> =>
  groups.get(env, { tenant_id, scope })
