import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'

/**
 * Counts a device in or out, where the tenant has a limit: this takes the tenant's row, the last lock of a transaction. Without a
 * limit nothing is locked.
 */
export async function countAccepted(tx: Db, tenant_id: string, by: 1 | -1): Promise<void> {
  await tx.query(sql`
    update tenants set accepted_count = accepted_count + ${by}::int
    where tenant_id = ${tenant_id} and accepted_count is not null`)
}
