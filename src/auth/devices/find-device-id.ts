import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'

/** The id of the device that has an identity. */
export async function findDeviceId(db: Db, tenant_id: string, identity_sha256: string): Promise<string | undefined> {
  const found = await db.first<{ device_id: string }>(sql`
    select device_id from device_identities where tenant_id = ${tenant_id} and identity_sha256 = ${identity_sha256}`)
  return found?.device_id
}
