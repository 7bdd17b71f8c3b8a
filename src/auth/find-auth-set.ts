import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { notFound, type Refusal } from '../errors.ts'
import type { AuthSetStatus } from './auth-set.ts'
import { type Asker, andVisible } from './visible-devices.ts'

export type AuthSetId = { tenant_id: string; device_id: string; auth_set_id: string }
export type FoundAuthSet = AuthSetId & { status: AuthSetStatus; identity_data: object }

const authSetNotFound = () => notFound('authorization set not found')

/** `elsewhere` is said of an auth set of another device of the tenant. */
export async function findAuthSet(
  db: Db,
  { tenant_id, scope }: Asker,
  { device_id, auth_set_id }: Omit<AuthSetId, 'tenant_id'>,
  elsewhere: () => Refusal = authSetNotFound,
): Promise<FoundAuthSet> {
  const found = await db.first<{ identity_data: object; status: AuthSetStatus | null; owner: string | null }>(sql`
    select d.identity_data, s.status, s.device_id as owner
    from devices d left join auth_sets s on s.tenant_id = d.tenant_id and s.id = ${auth_set_id}
    where d.tenant_id = ${tenant_id} and d.id = ${device_id} ${andVisible({ scope })}`)
  if (!found) throw notFound('device not found')
  const { identity_data, status, owner } = found
  if (!status) throw authSetNotFound()
  if (owner !== device_id) throw elsewhere()
  return { tenant_id, device_id, auth_set_id, status, identity_data }
}
