import type { DeviceId } from '../../auth/devices/derive-status.ts'
import { endTokens } from '../../auth/devices/end-tokens.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { hashToken } from '../token.ts'

/** Sets the target token of a locked device; undefined: it has none from now on. */
export const writeTargetToken = (tx: Db, { tenant_id, device_id }: DeviceId, token: string | undefined) =>
  tx.query(sql`
    insert into ddi_devices (tenant_id, device_id, target_token_sha256)
    values (${tenant_id}, ${device_id}, ${token === undefined ? null : hashToken(token)})
    on conflict (tenant_id, device_id) do update set target_token_sha256 = excluded.target_token_sha256`)

/** The same for a device that may have a token already: what was authenticated by that one ends, too. */
export async function replaceTargetToken(tx: Db, device: DeviceId, token: string | undefined): Promise<void> {
  await endTokens(tx, device, { which: sql`true` })
  await writeTargetToken(tx, device, token)
}
