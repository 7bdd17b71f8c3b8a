import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deviceNotFound } from '../../errors.ts'
import { candidatesFor, findUnfinished } from '../candidates.ts'
import { activeDeployments } from '../poll/active-deployments.ts'
import { findConfigurationOf } from '../poll/find-configuration.ts'
import { readCurrent } from '../rows/device-deployment-rows.ts'
import { findDeviceFacts } from '../rows/device-fact-rows.ts'
import { findNewestFinished } from '../rows/newest-finished.ts'
import { requireDevice } from '../rows/require-device.ts'

/** The unfinished deployments that are for a device, or that it is assigned to, and what decides this. */
export async function findConcerning(env: Env, viewer: Viewer, device_id: string) {
  const { db } = env
  const key = { tenant_id: viewer.tenant_id, device_id }
  const history = db.history()
  await requireDevice(db, viewer, device_id)
  const deployments_version = await readVersion(db, viewer)
  const active = await activeDeployments(env, viewer.tenant_id, { deployments_version, history })
  const current = await readCurrent(db, viewer.tenant_id, device_id)
  const newest_finished = await findNewestFinished(db, key, current !== undefined)
  const facts = await findDeviceFacts(db, { ...key, rolled_back: active.needs.rolled_back })
  if (!facts) throw deviceNotFound()
  const for_device = { active, configuration: await findConfigurationOf(env, viewer.tenant_id, facts) }
  const candidates = candidatesFor(facts, for_device, newest_finished?.created ?? '').map(
    ({ deployment }) => deployment.id,
  )
  const assigned = (await readAssigned(db, key)).filter((id) => findUnfinished(for_device, id))
  return { device: facts.device, current, newest_finished, candidates, ids: [...new Set([...candidates, ...assigned])] }
}

/** Read before everything else: deployments of that version or a later one are complete. */
async function readVersion(db: Db, { tenant_id }: Viewer): Promise<number> {
  const row = await db.first<{ deployments_version: number }>(sql`
    select deployments_version from tenants where tenant_id = ${tenant_id}`)
  if (!row) throw deviceNotFound()
  return row.deployments_version
}

async function readAssigned(db: Db, { tenant_id, device_id }: { tenant_id: string; device_id: string }) {
  const rows = await db.query<{ deployment_id: string }>(sql`
    select distinct deployment_id from device_deployments
    where tenant_id = ${tenant_id} and device_id = ${device_id} and deleted is null`)
  return rows.map(({ deployment_id }) => deployment_id)
}
