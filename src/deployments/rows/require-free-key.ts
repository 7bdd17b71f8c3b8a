import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { deploymentKeyTaken } from '../../rollout-errors.ts'
import { changedMembers, type Declaration, type Declared } from '../declaration.ts'

/**
 * Refuses a deployment whose key another one has. A creation asks twice: first of all, because a deployment that exists
 * may name what has been removed since; and under the lock of the tenant, because another one may be created meanwhile.
 */
export async function requireFreeKey(db: Db, tenant_id: string, declaration: Declaration | undefined): Promise<void> {
  if (!declaration) return
  const found = await db.first<{ id: string; declared: Declared }>(sql`
    select id, declared from deployments where tenant_id = ${tenant_id} and key = ${declaration.key}`)
  if (found) throw deploymentKeyTaken(found.id, changedMembers(found.declared, declaration.declared))
}
