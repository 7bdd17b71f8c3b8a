import type { Db } from './db.ts'
import { sql } from './sql.ts'

/**
 * Orders everything that happens to a device's deployments: offers, reports, decommissioning. Held to the end of the
 * transaction, always taken before any row lock and in one order, so that two transactions never wait for each other.
 * Advisory, because it writes nothing and works where devices are distributed over several databases.
 */
export async function lockDevices(tx: Db, devices: readonly { tenant_id: string; device_id: string }[]): Promise<void> {
  await tx.query(sql`
    select pg_advisory_xact_lock(key) from (
      select distinct hashtextextended(tenant_id || '/' || device_id, 0) as key
      from unnest(${devices.map(({ tenant_id }) => tenant_id)}::text[], ${devices.map(({ device_id }) => device_id)}::text[])
        as asked (tenant_id, device_id)
      order by key
    ) as keys`)
}
