import { randomUUID } from 'node:crypto'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { idempotencyKeyInUse, idempotencyKeyReused } from '../../idempotency-errors.ts'
import type { EventActor } from '../record-event.ts'
import { CLAIM_MS, type Created, type Creation, KEPT_MS } from './creation.ts'

type Key = { tenant_id: string; user_id: string; key_sha256: string }
type Request = { key_sha256: string; request_mac: string | undefined }

const MAX_TRIES = 5

/**
 * Claims a key for a request, in a transaction of its own. Returns what an earlier request with the key has created, if
 * it has. `request_mac` is undefined while the body is still to arrive: then the caller compares it.
 */
export async function claimKey(
  env: Env,
  { tenant_id, user_id }: EventActor,
  { key_sha256, request_mac }: Request,
): Promise<{ creation: Creation } | { created: Created }> {
  const key = { tenant_id, user_id, key_sha256 }
  const creation: Creation = { key_sha256, claim: randomUUID(), request_mac }
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await claim(env.db, key, { creation, now_ms: env.now().getTime() })) return { creation }
    const found = await find(env.db, key)
    // Undefined: the request that had it has failed in the meantime.
    if (found) return { created: requireCreated(found, request_mac) }
  }
  throw idempotencyKeyInUse()
}

type Found = { created_id: string | null; request_mac: string | null }

function requireCreated({ created_id, request_mac: first }: Found, request_mac: string | undefined): Created {
  if (first !== null && request_mac !== undefined && first !== request_mac) throw idempotencyKeyReused()
  if (created_id === null) throw idempotencyKeyInUse()
  return { created_id, request_mac: first }
}

/** Of concurrent requests, the primary key lets one claim. A claim that has ended without an effect is taken over. */
async function claim(db: Db, key: Key, { creation, now_ms }: { creation: Creation; now_ms: number }): Promise<boolean> {
  const now = new Date(now_ms).toISOString()
  const until = new Date(now_ms + CLAIM_MS).toISOString()
  const forgotten = new Date(now_ms - KEPT_MS).toISOString()
  const row = await db.first(sql`
    insert into idempotency_keys as k (tenant_id, user_id, key_sha256, request_mac, claim, claimed_until, claimed_at)
    values (${key.tenant_id}, ${key.user_id}, ${key.key_sha256}, ${creation.request_mac ?? null}, ${creation.claim},
      ${until}, ${now})
    on conflict (tenant_id, user_id, key_sha256) do update set request_mac = excluded.request_mac,
      claim = excluded.claim, claimed_until = excluded.claimed_until, claimed_at = excluded.claimed_at,
      created_id = null
    where (k.created_id is null and k.claimed_until <= ${now}) or k.claimed_at <= ${forgotten}
    returning 1`)
  return row !== undefined
}

const find = (db: Db, { tenant_id, user_id, key_sha256 }: Key) =>
  db.first<Found>(sql`
    select created_id, request_mac from idempotency_keys
    where tenant_id = ${tenant_id} and user_id = ${user_id} and key_sha256 = ${key_sha256}`)
