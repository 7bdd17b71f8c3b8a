import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { EventActor } from '../record-event.ts'
import type { Creation } from './creation.ts'

/**
 * Gives up the claim of a request that has failed, so that its key can be used again at once. If the commit succeeded
 * although its answer was lost, the row says what was created, and stays.
 */
export async function releaseKey(env: Env, { tenant_id, user_id }: EventActor, creation: Creation): Promise<void> {
  await env.db.query(sql`
    delete from idempotency_keys
    where tenant_id = ${tenant_id} and user_id = ${user_id} and key_sha256 = ${creation.key_sha256}
      and claim = ${creation.claim} and created_id is null`)
}
