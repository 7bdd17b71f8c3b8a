import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'

/**
 * Adds to the count of accepted devices, if the tenant has a device limit: this locks the tenant's row, the last lock
 * of a transaction. Without a limit it locks nothing.
 */
export async function changeAcceptedCount(tx: Db, tenant_id: string, by: 1 | -1): Promise<void> {
  await tx.query(sql`
    update tenants set accepted_count = accepted_count + ${by}::int
    where tenant_id = ${tenant_id} and accepted_count is not null`)
}
