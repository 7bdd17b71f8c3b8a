import type { DeviceId } from '../../auth/devices/derive-status.ts'
import { removeDevice } from '../../auth/devices/remove-device.ts'
import { staleTransaction } from '../../db/database-errors.ts'
import type { Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { forgetConfigurations } from '../rows/configuration-rows.ts'
import { isTouched } from '../rows/listing-rows.ts'
import { endForDevice } from './end-for-device.ts'

/**
 * Ends the deployments of a device, which would otherwise never finish, and removes the device. The caller holds the
 * locks of the memberships and of the device. Undefined: no such device.
 */
export async function forgetDevice(
  tx: Transaction,
  id: DeviceId,
  at: Date,
): Promise<{ identity_data: object } | undefined> {
  if (!(await lockRow(tx, id))) return undefined
  await endForDevice(tx, id, { status: 'decommissioned', now: at.toISOString() }, 'all')
  await forgetConfigurations(tx, id)
  const removed = await removeDevice(tx, id, at)
  await requireNoRollback(tx, id)
  return removed
}

/**
 * A rollback that was created since the deployments of the device were read counts it: the transaction has to run again,
 * and end it in the rollback, too. Locks the tenant's row, the last lock to take: then no rollback is being created.
 */
async function requireNoRollback(tx: Transaction, { tenant_id, device_id }: DeviceId): Promise<void> {
  await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
  const rows = await tx.query<{ deployment_id: string; is_touched: boolean }>(sql`
    select dd.deployment_id, ${isTouched('dd')} as is_touched from device_deployments dd
    where dd.tenant_id = ${tenant_id} and dd.device_id = ${device_id}`)
  const assigned = new Set(rows.map(({ deployment_id }) => deployment_id))
  const touched = rows.filter(({ is_touched }) => is_touched).map(({ deployment_id }) => deployment_id)
  const rollbacks = await findRollbacks(tx, tenant_id, touched)
  if (rollbacks.some((id) => !assigned.has(id))) throw staleTransaction()
}

/** The unfinished ones. */
async function findRollbacks(tx: Transaction, tenant_id: string, of: readonly string[]): Promise<string[]> {
  if (of.length === 0) return []
  const rows = await tx.query<{ id: string }>(sql`
    select d.id from deployments d
      join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id and p.finished is null
    where d.tenant_id = ${tenant_id} and d.rollback_of = any(${of}::text[]) and d.audience = 'touched'`)
  return rows.map(({ id }) => id)
}

/** Before `endForDevice`, whose last lock is the tenant: others lock the rows of several devices, and no tenant. */
const lockRow = (tx: Transaction, { tenant_id, device_id }: DeviceId) =>
  tx.first(sql`select 1 from devices where tenant_id = ${tenant_id} and id = ${device_id} for update`)
