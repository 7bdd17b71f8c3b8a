import { cachedIfLarge, LARGE_COUNT } from '../../db/memory/cached-if-large.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { type DeviceQuery, matchesQuery } from './device-rows.ts'
import type { Viewer } from './visible-devices.ts'

/** A large count may be some seconds old. */
export const countDevices = (env: Env, { tenant_id, scope }: Viewer, query: DeviceQuery): Promise<number> =>
  counts.get(env, { tenant_id, scope, ...query })

const counts = cachedIfLarge<Env, Viewer & DeviceQuery, number>(
  async ({ db }, query) => {
    const found = await db.reads.first<{ count: number }>(sql`
      select count(*) from devices d where ${matchesQuery(query, query)}`)
    return found?.count ?? 0
  },
  { name: (query) => JSON.stringify(query), isLarge: (count) => count > LARGE_COUNT },
)
