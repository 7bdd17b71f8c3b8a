import type { Actor } from '../../auth/actor.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import type { Transaction } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deviceNotPaused } from '../../rollout-errors.ts'
import { pausedIn } from '../control-map.ts'
import type { DeviceDeployment } from '../device-deployment.ts'
import { readCurrent } from '../rows/device-deployment-rows.ts'
import { requireDeployment } from '../rows/visible-deployments.ts'
import { recordForDevice } from './record-for-device.ts'

type Ids = { deployment_id: string; device_id: string }

/** Lets one device go on that the update control map of a deployment pauses: it does not pause in this state again. */
export async function continueDevice(env: Env, actor: Actor, { deployment_id, device_id }: Ids): Promise<void> {
  const { tenant_id } = actor
  await env.db.transaction(async (tx) => {
    await lockDevices(tx, [{ tenant_id, device_id }])
    await requireDeployment(tx, actor, deployment_id)
    await requireVisibleDevice(tx, actor, device_id)
    const row = await readCurrent(tx, tenant_id, device_id)
    const state = row?.deployment_id === deployment_id ? pausedIn(row.status) : undefined
    if (!row || state === undefined) throw deviceNotPaused()
    await addState(tx, row, state)
    const change = `Continues in ${state}: deployment ${deployment_id}`
    await recordForDevice(tx, actor, { at: env.now(), device_id, action: 'continue', change, ids: [deployment_id] })
  })
}

const addState = (tx: Transaction, { tenant_id, device_id, id }: DeviceDeployment, state: string) =>
  tx.query(sql`
    update device_deployments set continued_states = array(
        select distinct s from unnest(continued_states || ${[state]}::text[]) as s)
    where tenant_id = ${tenant_id} and device_id = ${device_id} and id = ${id}`)
