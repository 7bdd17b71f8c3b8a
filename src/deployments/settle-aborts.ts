import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { ACTIVE_STATUSES, type DeviceStatus } from './device-status.ts'
import type { DeploymentKey } from './progress-rows.ts'
import { settle } from './settle-rows.ts'

const BATCH = 1000

/**
 * Writes down what aborts ended, a batch of rows a transaction. Any number of processes may do so at once, and stop at any
 * point: a deployment counts as settled when none of its rows is left.
 */
export async function settleAborts({ db }: Pick<Env, 'db'>, stop: AbortSignal): Promise<void> {
  for (const key of await findUnsettled(db)) {
    for (const status of ACTIVE_STATUSES)
      for (let last: string | null = ''; last !== null && !stop.aborted; )
        last = await settleBatch(db, { ...key, status, last })
    if (stop.aborted) return
    await markSettled(db, key)
  }
}

const findUnsettled = (db: Db) =>
  db.query<DeploymentKey>(sql`select tenant_id, deployment_id from deployment_progress where unsettled`)

type Batch = DeploymentKey & { status: DeviceStatus; last: string }

/**
 * Settles the next rows by device; answers the last of these, null if there was none. Leaves out rows that somebody holds:
 * waiting for them, with others held, could be waiting in a circle.
 */
async function settleBatch(db: Db, { tenant_id, deployment_id, status, last }: Batch): Promise<string | null> {
  const row = await db.first<{ last: string | null }>(sql`
    with chosen as (
      select tenant_id, device_id, id from device_deployments
      where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and status = ${status} and finished is null
        and device_id > ${last}
      order by device_id limit ${BATCH} for update skip locked
    ), settled as (
      ${settle(sql`(dd.tenant_id, dd.device_id, dd.id) in (select * from chosen)`)} returning dd.device_id
    ) select max(device_id) as last from settled`)
  return row?.last ?? null
}

const markSettled = (db: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  db.query(sql`
    update deployment_progress set unsettled = false
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and not exists (
      select 1 from device_deployments
      where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and status = any(${ACTIVE_STATUSES}) and finished is null)`)
