import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { andVisible, type Viewer } from './visible-devices.ts'

/** What was noticed longer ago is over. */
const NOTICED_FOR = sql`interval '7 days'`
const MAX_IDS = 5

/** By a key that is pending, or by reports with the accepted key. A key that was rejected is no longer a question. */
const IS_OPEN = sql`s.status in ('pending', 'accepted')`

/** When another machine was last noticed under the identity of the device, and by what. */
export const findSharedIdentity = (
  db: Db,
  { tenant_id }: Viewer,
  { device_id, now }: { device_id: string; now: string },
) =>
  db.first<{ noticed: string; by: 'keys' | 'reports' }>(sql`
    select s.shared_at as noticed, case when s.status = 'pending' then 'keys' else 'reports' end as by from auth_sets s
    where s.tenant_id = ${tenant_id} and s.device_id = ${device_id} and ${IS_OPEN}
      and s.shared_at > ${now}::timestamptz - ${NOTICED_FOR}
    order by s.shared_at desc limit 1`)

/** The tenants with such a device. */
export async function findTenantsWithSharedIdentities(db: Db, now: string): Promise<Set<string>> {
  const rows = await db.query<{ tenant_id: string }>(sql`
    select distinct s.tenant_id from auth_sets s
    where ${IS_OPEN} and s.shared_at > ${now}::timestamptz - ${NOTICED_FOR}`)
  return new Set(rows.map(({ tenant_id }) => tenant_id))
}

/** The devices whose identity another machine uses, too. */
export async function findSharedIdentities(db: Db, viewer: Viewer, now: string) {
  const rows = await db.query<{ device_id: string }>(sql`
    select distinct s.device_id from auth_sets s join devices d on d.tenant_id = s.tenant_id and d.id = s.device_id
    where s.tenant_id = ${viewer.tenant_id} and ${IS_OPEN} and s.shared_at > ${now}::timestamptz - ${NOTICED_FOR}
      ${andVisible(viewer)}
    order by 1`)
  return { count: rows.length, device_ids: rows.slice(0, MAX_IDS).map(({ device_id }) => device_id) }
}
