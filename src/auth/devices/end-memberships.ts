import { raw, type Sql, sql } from '../../db/sql.ts'

/** What a query `changing` reads of `devices` aliased `d`, for the statement that makes something else of them. */
export const MEMBERSHIP = raw('d.tenant_id, d.id, d.status, d.group_name, d.listed_after')

/**
 * Writes down what the devices that a query locks and calls `changing` have been, where a deployment that lists them by it was
 * created meanwhile. Under the lock of memberships.
 */
export const endMemberships: Sql = sql`
  insert into past_memberships (tenant_id, device_id, group_name, listed_after, listed_until)
  select c.tenant_id, c.id, c.group_name, c.listed_after, t.last_listing_created
  from changing c join tenants t on t.tenant_id = c.tenant_id
  where c.status = 'accepted' and c.listed_after < t.last_listing_created`
