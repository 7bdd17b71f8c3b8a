import type { Db } from '../../db/db.ts'
import { raw, sql } from '../../db/sql.ts'
import type { DeviceId } from './derive-status.ts'

/** How a device belongs to its tenant and its group; `listed_after`: since when. */
export type Membership = { status: string; group_name: string | null; listed_after: string }

/** The columns of `devices` aliased `d`. */
export const MEMBERSHIP = raw('d.status, d.group_name, d.listed_after')

const EPOCH = '1970-01-01T00:00:00.000Z'

/**
 * When the tenant last created a deployment that lists devices by membership: current until the end of a transaction
 * that holds the membership lock.
 */
export async function readLastListing(tx: Db, tenant_id: string): Promise<string> {
  const tenant = await tx.first<{ last_listing_created: string }>(sql`
    select last_listing_created from tenants where tenant_id = ${tenant_id}`)
  return tenant?.last_listing_created ?? EPOCH
}

/** As `endMemberships`, for one device whose row is locked. A statement of its own, because Citus has tenants elsewhere. */
export async function endMembership(
  tx: Db,
  { tenant_id, device_id }: DeviceId,
  { status, group_name, listed_after }: Membership,
  last_listing: string,
): Promise<void> {
  if (status !== 'accepted' || listed_after >= last_listing) return
  await tx.query(sql`
    insert into past_memberships (tenant_id, device_id, group_name, listed_after, listed_until)
    values (${tenant_id}, ${device_id}, ${group_name}, ${listed_after}, ${last_listing})`)
}
