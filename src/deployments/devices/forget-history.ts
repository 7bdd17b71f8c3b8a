import type { Actor } from '../../auth/actor.ts'
import { raiseVersion } from '../../auth/devices/raise-version.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { writeAbortsOf } from '../rows/abort-rows.ts'
import { recordForDevice } from './record-for-device.ts'

/**
 * Deletes what the device has finished, so that older deployments may be offered to it again. The counters stay. A
 * success that is still to be confirmed is not finished.
 */
export async function forgetHistory(env: Env, actor: Actor, device_id: string): Promise<void> {
  const { tenant_id } = actor
  await env.db.transaction(async (tx) => {
    // Locks: the device, its rows in deployments, then its own row (CONTRIBUTING.md, "Locks").
    await lockDevices(tx, [{ tenant_id, device_id }])
    await requireVisibleDevice(tx, actor, device_id)
    await writeAbortsOf(tx, [{ tenant_id, device_id }])
    const at = env.now()
    const { length } = await tx.query(sql`
      update device_deployments dd set deleted = ${at.toISOString()}, forgotten = 1 + (
          select max(b.forgotten) from device_deployments b
          where b.tenant_id = dd.tenant_id and b.device_id = dd.device_id and b.deployment_id = dd.deployment_id)
      where tenant_id = ${tenant_id} and device_id = ${device_id} and finished is not null and deleted is null
        and confirmation is distinct from 'awaited'
      returning 1`)
    await raiseVersion(tx, { tenant_id, device_id })
    if (length > 0)
      await recordForDevice(tx, actor, {
        at,
        device_id,
        action: 'update',
        change: `Deleted the history: ${length} finished`,
      })
  })
}
