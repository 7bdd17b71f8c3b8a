import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'

/** Forgets a locked device, its auth sets and with them its tokens. undefined where there is no such device. */
export async function removeDevice(
  tx: Db,
  tenant_id: string,
  device_id: string,
): Promise<{ identity_data: object } | undefined> {
  const removed = await tx.first<{ identity_data: object; identity_sha256: string }>(sql`
    delete from devices where tenant_id = ${tenant_id} and id = ${device_id} returning identity_data, identity_sha256`)
  if (!removed) return undefined
  await tx.query(sql`
    delete from device_identities where tenant_id = ${tenant_id} and identity_sha256 = ${removed.identity_sha256}`)
  return { identity_data: removed.identity_data }
}
