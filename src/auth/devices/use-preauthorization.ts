import type { Db } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { noRoomForDevice } from '../../errors.ts'
import { acceptAuthSet } from './accept-auth-set.ts'
import type { AuthSetId } from './find-auth-set.ts'

/** Accepts a preauthorized auth set at the first request of its device. If it is no longer preauthorized, does nothing. */
export const usePreauthorization = (env: Env, set: AuthSetId): Promise<void> =>
  env.db.transaction(async (tx) => {
    await lockMemberships(tx, set.tenant_id, 'shared')
    await lockDevices(tx, [set])
    if (!(await isPreauthorized(tx, set))) return
    await acceptAuthSet(tx, set, { now: env.now(), limitReached: noRoomForDevice() })
  })

const isPreauthorized = async (tx: Db, { tenant_id, device_id, auth_set_id }: AuthSetId): Promise<boolean> =>
  (await tx.first(sql`
    select 1 from auth_sets where tenant_id = ${tenant_id} and device_id = ${device_id} and id = ${auth_set_id}
      and status = 'preauthorized'`)) !== undefined
