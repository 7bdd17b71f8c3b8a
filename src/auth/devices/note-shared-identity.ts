import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { AuthSetId } from './find-auth-set.ts'

/** Two machines that take turns are noticed again and again: once in this time it is written. */
const NOTED_ONCE_MS = 60 * 60 * 1000

type Noticed = Pick<AuthSetId, 'tenant_id' | 'device_id'> & Partial<Pick<AuthSetId, 'auth_set_id'>>

/** Notes that another machine uses the identity of a device, with the key of this auth set or the accepted one. */
export async function noteSharedIdentity(env: Env, { tenant_id, device_id, auth_set_id }: Noticed): Promise<void> {
  const now = env.now()
  const before = new Date(now.getTime() - NOTED_ONCE_MS)
  const key = auth_set_id === undefined ? sql`status = 'accepted'` : sql`id = ${auth_set_id}`
  await env.db.query(sql`
    update auth_sets set shared_at = ${now.toISOString()}
    where tenant_id = ${tenant_id} and device_id = ${device_id} and ${key}
      and (shared_at is null or shared_at < ${before.toISOString()})`)
}
