import type { Db } from '../../db/db.ts'
import { empty, type Sql, sql } from '../../db/sql.ts'
import type { AuthSetStatus } from '../auth-set.ts'
import type { DeviceId } from './derive-status.ts'
import { raiseVersion } from './raise-version.ts'

/**
 * Ends all tokens of the auth sets of a locked device that meet the condition `which`, and sets the status of the sets
 * if one is given. Returns whether there are any.
 */
export async function endTokens(
  tx: Db,
  device: DeviceId,
  { which, status }: { which: Sql; status?: AuthSetStatus },
): Promise<boolean> {
  const ended = await tx.query(sql`
    update auth_sets set ${status ? sql`status = ${status},` : empty} token_generation = token_generation + 1
    where tenant_id = ${device.tenant_id} and device_id = ${device.device_id} and ${which}
    returning id`)
  if (ended.length > 0) await raiseVersion(tx, device)
  return ended.length > 0
}
