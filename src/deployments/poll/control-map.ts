import type { DeviceActor } from '../../auth/actor.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deploymentNotFound } from '../../errors.ts'
import { continuing, pausesOf } from '../control-map.ts'
import type { ControlMap } from '../deployment.ts'
import type { DeviceDeployment } from '../device-deployment.ts'
import { readCurrent } from '../rows/device-deployment-rows.ts'

/** The update control map for a device that is working on the deployment; throws if the deployment was aborted. */
export async function controlMapFor(
  env: Env,
  { tenant_id, device_id }: DeviceActor,
  deployment_id: string,
): Promise<ControlMap> {
  const current = await readCurrent(env.db, tenant_id, device_id)
  if (current?.deployment_id !== deployment_id) throw deploymentNotFound()
  const row = await env.db.first<{ update_control_map: ControlMap | null }>(sql`
    select update_control_map from deployments where tenant_id = ${tenant_id} and id = ${deployment_id}`)
  if (!row) throw deploymentNotFound()
  const map = row.update_control_map
  // A client that has received a map insists on one: an empty map is how it learns that the map was removed.
  if (pausesOf(map).length === 0) return asDelivered(deployment_id, map ?? { states: {} })
  return asDelivered(deployment_id, continuing(map!, await readContinued(env.db, current)))
}

/** The states in which a user has let the device go on. */
async function readContinued(db: Db, { tenant_id, device_id, id }: DeviceDeployment): Promise<string[]> {
  const row = await db.first<{ continued_states: string[] | null }>(sql`
    select continued_states from device_deployments
    where tenant_id = ${tenant_id} and device_id = ${device_id} and id = ${id}`)
  return row?.continued_states ?? []
}

/** Clients reject a map without an id and a priority. */
export const asDelivered = (deployment_id: string, map: ControlMap): ControlMap => ({
  id: deployment_id,
  priority: 0,
  ...map,
})
