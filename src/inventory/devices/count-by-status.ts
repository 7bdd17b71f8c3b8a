import { type Static, Type } from 'typebox'
import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { cachedIfLarge, LARGE_COUNT } from '../../db/memory/cached-if-large.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'

// Only these four: Mender's web GUI rejects a response with a status that it does not know.
const STATUSES = ['accepted', 'pending', 'rejected', 'preauthorized'] as const

const none = Type.Integer({ description: 'Always 0: Muster does not have this tier' })
const Tiers = Type.Object(
  { standard: Type.Integer({ description: 'Number of devices' }), micro: none, system: none },
  { title: 'DevicesByTier', description: 'Number of devices by tier' },
)

export const DeviceStatistics = Type.Object(
  {
    devices_by_status: Type.Object(
      { accepted: Tiers, pending: Tiers, rejected: Tiers, preauthorized: Tiers },
      { description: 'Number of devices by status' },
    ),
  },
  { title: 'DeviceStatistics', description: 'Number of devices' },
)
export type DeviceStatistics = Static<typeof DeviceStatistics>

const counts = cachedIfLarge<Env, Viewer, Map<string, number>>(
  async ({ db }, viewer) => {
    const rows = await db.reads.query<{ status: string; count: number }>(sql`
      select d.status, count(*) from devices d
      where d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)} group by d.status`)
    return new Map(rows.map(({ status, count }) => [status, count]))
  },
  {
    name: ({ tenant_id, scope }) => JSON.stringify([tenant_id, scope.groups]),
    isLarge: (counts) => [...counts.values()].some((count) => count > LARGE_COUNT),
  },
)

/** The number of devices per status; large ones may be some seconds old. Every device is of the tier `standard`. */
export async function countByStatus(env: Env, { tenant_id, scope }: Viewer): Promise<DeviceStatistics> {
  const counted = await counts.get(env, { tenant_id, scope })
  const tiers = STATUSES.map((status) => [status, { standard: counted.get(status) ?? 0, micro: 0, system: 0 }])
  return { devices_by_status: Object.fromEntries(tiers) }
}
