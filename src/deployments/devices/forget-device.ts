import type { DeviceId } from '../../auth/devices/derive-status.ts'
import { removeDevice } from '../../auth/devices/remove-device.ts'
import { staleTransaction } from '../../db/database-errors.ts'
import type { Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
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
  const removed = await removeDevice(tx, id)
  await requireNoRollback(tx, id)
  return removed
}

/**
 * A rollback that was created since the deployments of the device were read counts it: the transaction has to run again,
 * and end it in the rollback, too. Locks the tenant's row, the last lock to take: then no rollback is being created.
 */
async function requireNoRollback(tx: Transaction, { tenant_id, device_id }: DeviceId): Promise<void> {
  await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
  const missed = await tx.first(sql`
    select 1 from touched_devices t
      join deployments d on d.tenant_id = t.tenant_id and d.rollback_of = t.deployment_id and d.audience = 'touched'
      join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id and p.finished is null
    where t.tenant_id = ${tenant_id} and t.device_id = ${device_id} and not exists (
      select 1 from device_deployments dd
      where dd.tenant_id = d.tenant_id and dd.device_id = t.device_id and dd.deployment_id = d.id)`)
  if (missed) throw staleTransaction()
}

/** Before `endForDevice`, whose last lock is the tenant: others lock the rows of several devices, and no tenant. */
const lockRow = (tx: Transaction, { tenant_id, device_id }: DeviceId) =>
  tx.first(sql`select 1 from devices where tenant_id = ${tenant_id} and id = ${device_id} for update`)
