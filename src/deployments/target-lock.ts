import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'

/**
 * Between a deployment that lists all devices, or a group, and devices that leave: a device is either not listed, or its
 * leaving finds the deployment that lists it. The first lock of its transaction; those who leave share it.
 */
export async function lockTargets(tx: Db, tenant_id: string, purpose: 'listing' | 'leaving'): Promise<void> {
  const key = sql`hashtextextended(${`targets of ${tenant_id}`}, 0)`
  await tx.query(
    purpose === 'listing'
      ? sql`select pg_advisory_xact_lock(${key})`
      : sql`select pg_advisory_xact_lock_shared(${key})`,
  )
}
