import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { DeviceId } from './derive-status.ts'

/** What any server remembers of a locked device holds no more: which deployments are meant for it, and that a token of it is good. */
export const raiseVersion = (tx: Db, { tenant_id, device_id }: DeviceId) =>
  tx.query(sql`
    update devices set device_version = device_version + 1 where tenant_id = ${tenant_id} and id = ${device_id}`)
