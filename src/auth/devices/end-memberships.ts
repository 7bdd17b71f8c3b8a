import { raw, type Sql, sql } from '../../db/sql.ts'

/** The columns of `devices` aliased `d` that `endMemberships` needs from the query `changing`. */
export const MEMBERSHIPS = raw('d.tenant_id, d.id, d.status, d.group_name, d.listed_after')

/**
 * Part of a statement that changes the group of devices, which its query `changing` locks: stores their memberships that
 * end, if a deployment that lists devices by membership was created while they lasted. `last_listing`: as
 * `readLastListing`, under the membership lock.
 */
export const endMemberships = (last_listing: string): Sql => sql`
  insert into past_memberships (tenant_id, device_id, group_name, listed_after, listed_until)
  select c.tenant_id, c.id, c.group_name, c.listed_after, ${last_listing}::timestamptz
  from changing c
  where c.status = 'accepted' and c.listed_after < ${last_listing}::timestamptz`
