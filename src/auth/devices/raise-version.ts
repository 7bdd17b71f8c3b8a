import type { Db } from '../../db/db.ts'
import { noteChanged } from '../../db/invalidations/note-changes.ts'
import { sql } from '../../db/sql.ts'
import type { DeviceId } from './derive-status.ts'

/**
 * Raises the `device_version` of a locked device. What a process remembers of a device is valid only while the version
 * is the one it was read at: that no deployment is meant for the device and its token is valid
 * (`deployments/poll/idle-devices.ts`), and which report of its attributes would change nothing
 * (`inventory/attributes/known-reports.ts`). So everything that decides one of these raises the version:
 * - the status of the device: `derive-status.ts`
 * - its tokens, when one ends: `end-tokens.ts`, `remove-auth-set.ts`
 * - its group: `inventory/groups/change-group.ts`
 * - its attributes and tags: `inventory/attributes/checked-writes.ts`
 * - its history, when it is deleted, so that older deployments may be offered again:
 *   `deployments/devices/forget-history.ts`
 * - a deployment that is aborted for it alone: `deployments/devices/abort-device.ts`
 * - a new deployment of its configuration: `deployments/rows/configuration-rows.ts`
 * - its pin: `deployments/rows/pin-rows.ts`, `deployments/upkeep/remove-ended-pins.ts`
 * - whether it is asked for its attributes by DDI: `ddi/rows/ask-for-config-data.ts`
 *
 * A check-in does not, although filters may reference its time: a version per poll would leave nothing valid. While an
 * active deployment references that time, no device is remembered as idle.
 */
export async function raiseVersion(tx: Db, { tenant_id, device_id }: DeviceId): Promise<void> {
  const raised = await tx.query<{ device_version: number }>(sql`
    update devices set device_version = device_version + 1 where tenant_id = ${tenant_id} and id = ${device_id}
    returning device_version`)
  await noteChanged(
    tx,
    raised.map(({ device_version }) => ({ tenant_id, device_id, device_version })),
  )
}
