import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'

/**
 * Locks the tenant's row and raises its version, with which every process reads settings and gateway tokens again before
 * it serves the next poll.
 */
export const raiseDeploymentsVersion = (tx: Db, tenant_id: string) =>
  tx.query(sql`
    update tenants set deployments_version = deployments_version + 1 where tenant_id = ${tenant_id}`)
