import type { Db } from '../../db/db.ts'
import { empty, sql } from '../../db/sql.ts'

type Key = { tenant_id: string; device_id: string }

/** `is_working`: whether the device has a current deployment. An unfinished row that is not current was aborted. */
export async function findNewestFinished(db: Db, { tenant_id, device_id }: Key, is_working: boolean) {
  const ended = is_working ? sql`and finished is not null` : empty
  return db.first<{ deployment_id: string; created: string }>(sql`
    select deployment_id, deployment_created as created from device_deployments
    where tenant_id = ${tenant_id} and device_id = ${device_id} and deleted is null ${ended}
    order by deployment_created desc limit 1`)
}
