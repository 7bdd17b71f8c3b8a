import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Refusal } from '../errors.ts'
import { deriveStatus } from './derive-status.ts'
import type { AuthSetId } from './find-auth-set.ts'

/** Accepts an auth set of a locked device and rejects the one accepted before; throws `full` at the tenant's limit. */
export async function acceptAuthSet(
  tx: Db,
  set: AuthSetId,
  { now, full }: { now: Date; full: Refusal },
): Promise<void> {
  const { tenant_id, device_id, auth_set_id } = set
  await tx.query(sql`
    update auth_sets set status = 'rejected', token_generation = token_generation + 1
    where tenant_id = ${tenant_id} and device_id = ${device_id} and status = 'accepted' and id <> ${auth_set_id}`)
  await tx.query(sql`
    update auth_sets set status = 'accepted'
    where tenant_id = ${tenant_id} and device_id = ${device_id} and id = ${auth_set_id}`)
  const became = await deriveStatus(tx, set, now)
  if (became === 'accepted' && (await isOverLimit(tx, tenant_id))) throw full
}

/** Under the lock of the tenant's row every other acceptance is either committed, and counted, or still to come here. */
async function isOverLimit(tx: Db, tenant_id: string): Promise<boolean> {
  const tenant = await tx.first<{ max_devices: number }>(sql`
    select max_devices from tenants where tenant_id = ${tenant_id} for no key update`)
  if (!tenant || tenant.max_devices < 0) return false
  const accepted = await tx.first<{ count: number }>(sql`
    select count(*) from devices where tenant_id = ${tenant_id} and status = 'accepted'`)
  return (accepted?.count ?? 0) > tenant.max_devices
}
