import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { authSetNotFound, deviceNotFound } from '../../errors.ts'
import type { Refusal } from '../../refusal.ts'
import type { AuthSetStatus } from '../auth-set.ts'
import { andVisible, type Viewer } from './visible-devices.ts'

export type AuthSetId = { tenant_id: string; device_id: string; auth_set_id: string }
export type FoundAuthSet = AuthSetId & { status: AuthSetStatus; identity_data: object }

/** Throws `refuseOtherDevice` if the auth set belongs to another device of the tenant. */
export async function findAuthSet(
  db: Db,
  { tenant_id, scope }: Viewer,
  { device_id, auth_set_id }: Omit<AuthSetId, 'tenant_id'>,
  refuseOtherDevice: () => Refusal = authSetNotFound,
): Promise<FoundAuthSet> {
  const device = await db.first<{ identity_data: object }>(sql`
    select d.identity_data from devices d
    where d.tenant_id = ${tenant_id} and d.id = ${device_id} ${andVisible({ scope })}`)
  if (!device) throw deviceNotFound()
  const set = await db.first<{ status: AuthSetStatus; owner: string }>(sql`
    select status, device_id as owner from auth_sets where tenant_id = ${tenant_id} and id = ${auth_set_id}`)
  if (!set) throw authSetNotFound()
  if (set.owner !== device_id) throw refuseOtherDevice()
  return { tenant_id, device_id, auth_set_id, status: set.status, identity_data: device.identity_data }
}
