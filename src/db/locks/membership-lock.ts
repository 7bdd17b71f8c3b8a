import type { Db } from '../db.ts'
import { sql } from '../sql.ts'

/**
 * Between what looks at all accepted devices of a tenant, or of a group, and devices that become or cease to be accepted, or
 * change their group: each of these is seen in full or comes after. The first lock of its transaction; those who change share it.
 */
export async function lockMemberships(tx: Db, tenant_id: string, mode: 'exclusive' | 'shared'): Promise<void> {
  const key = sql`hashtextextended(${`memberships of ${tenant_id}`}, 0)`
  await tx.query(
    mode === 'exclusive' ? sql`select pg_advisory_xact_lock(${key})` : sql`select pg_advisory_xact_lock_shared(${key})`,
  )
}
