import type { Database, Db } from '../../db/db.ts'
import { withFreeDevices } from '../../db/locks/free-devices.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { ACTIVE_STATUSES, stagesOf } from '../device-status.ts'
import { type AbortedDeployment, writeAbort } from '../rows/abort-rows.ts'
import type { DeploymentKey } from '../rows/deployment-key.ts'

export const BATCH = 500
const ACTIVE_STAGES = stagesOf(ACTIVE_STATUSES)

/**
 * Writes aborts back to the rows of their devices, in one transaction for each batch of rows. Several processes may run
 * this at once, and stop at any point: an abort is written back once no row is left.
 */
export async function writeAborts({ db }: Pick<Env, 'db'>, stop: AbortSignal): Promise<void> {
  for (const key of await findUnwritten(db)) {
    for (const stage of ACTIVE_STAGES)
      for (let last: string | null = ''; last !== null && !stop.aborted; )
        last = await writeBatch(db, { ...key, stage, last })
    if (stop.aborted) return
    await markWritten(db, key)
  }
}

const findUnwritten = (db: Db) =>
  db.query<AbortedDeployment>(
    sql`select tenant_id, deployment_id, finished from deployment_progress where abort_unwritten`,
  )

type Batch = AbortedDeployment & { stage: string; last: string }

/**
 * Writes the next rows in the order of their devices, and returns the last device, or null if there is none. Skips
 * devices that are locked.
 */
async function writeBatch(db: Database, { stage, last, ...aborted }: Batch): Promise<string | null> {
  const { tenant_id, deployment_id } = aborted
  const rows = await db.query<{ device_id: string }>(sql`
    select device_id from device_deployments
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and stage = ${stage} and finished is null
      and device_id > ${last}
    order by device_id limit ${BATCH}`)
  if (rows.length === 0) return null
  const devices = rows.map(({ device_id }) => ({ tenant_id, device_id }))
  await withFreeDevices(db, devices, async (tx, free) => {
    await writeAbort(tx, aborted, [...free])
  })
  return rows.at(-1)?.device_id ?? null
}

const markWritten = (db: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  db.query(sql`
    update deployment_progress set abort_unwritten = false
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and not exists (
      select 1 from device_deployments
      where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and stage = any(${ACTIVE_STAGES})
        and finished is null
      limit 1)`)
