import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { idempotencyKeyInUse } from '../../idempotency-errors.ts'
import type { EventActor } from '../record-event.ts'
import { CLAIM_MS, type Creation } from './creation.ts'

/** For a request whose body takes long to arrive. Throws if another request has taken the key over. */
export async function renewClaim(env: Env, { tenant_id, user_id }: EventActor, creation: Creation): Promise<void> {
  const until = new Date(env.now().getTime() + CLAIM_MS).toISOString()
  const row = await env.db.first(sql`
    update idempotency_keys set claimed_until = ${until}
    where tenant_id = ${tenant_id} and user_id = ${user_id} and key_sha256 = ${creation.key_sha256}
      and claim = ${creation.claim}
    returning 1`)
  if (!row) throw idempotencyKeyInUse()
}
