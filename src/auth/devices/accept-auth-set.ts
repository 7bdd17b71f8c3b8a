import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Refusal } from '../../refusal.ts'
import { deriveStatus } from './derive-status.ts'
import { endTokens } from './end-tokens.ts'
import type { AuthSetId } from './find-auth-set.ts'

/**
 * Accepts an auth set of a locked device, under the lock of memberships, and rejects the one accepted before; throws `full` at
 * the tenant's limit.
 */
export async function acceptAuthSet(
  tx: Db,
  set: AuthSetId,
  { now, full }: { now: Date; full: Refusal },
): Promise<void> {
  const { tenant_id, device_id, auth_set_id } = set
  await endTokens(tx, set, { of: sql`status = 'accepted' and id <> ${auth_set_id}`, status: 'rejected' })
  await tx.query(sql`
    update auth_sets set status = 'accepted'
    where tenant_id = ${tenant_id} and device_id = ${device_id} and id = ${auth_set_id}`)
  const became = await deriveStatus(tx, set, now)
  if (became === 'accepted' && (await isOverLimit(tx, tenant_id))) throw full
}

/** Whoever has counted a device in holds the tenant's row: no other is counted before the end. */
const isOverLimit = async (tx: Db, tenant_id: string): Promise<boolean> =>
  (await tx.first(sql`select 1 from tenants where tenant_id = ${tenant_id} and accepted_count > max_devices`)) !==
  undefined
