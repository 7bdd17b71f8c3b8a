import type { Db } from '../db/db.ts'
import { lockDevices } from '../db/device-lock.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import type { Actor } from './actor.ts'
import { deriveStatus } from './derive-status.ts'
import { type AuthSetId, findAuthSet } from './find-auth-set.ts'
import { removeDevice } from './remove-device.ts'

/** Its tokens die. A device that was only announced, by this very set, goes with it. */
export async function deleteAuthSet(env: Env, actor: Actor, ids: Omit<AuthSetId, 'tenant_id'>): Promise<void> {
  const id = { tenant_id: actor.tenant_id, ...ids }
  await env.db.transaction(async (tx) => {
    await lockDevices(tx, [id])
    const set = await findAuthSet(tx, id)
    await tx.query(sql`
      delete from auth_sets
      where tenant_id = ${id.tenant_id} and device_id = ${id.device_id} and id = ${id.auth_set_id}`)
    const became = await deriveStatus(tx, id, env.now())
    const announced = set.status === 'preauthorized' && became === 'noauth' && !(await hasCheckedIn(tx, id))
    if (announced) await removeDevice(tx, id.tenant_id, id.device_id)
  })
}

// A device that was let in once may have deployments, which only decommissioning ends.
const hasCheckedIn = async (tx: Db, { tenant_id, device_id }: AuthSetId): Promise<boolean> =>
  (await tx.first(sql`
    select 1 from devices where tenant_id = ${tenant_id} and id = ${device_id} and check_in_time is not null`)) !==
  undefined
