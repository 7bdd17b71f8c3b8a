import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { idempotencyKeyInUse } from '../../idempotency-errors.ts'
import type { Creation } from './creation.ts'

type Effect = { tenant_id: string; user_id: string; creation: Creation; created_id: string }

/**
 * Writes what a request with a key has created, in the transaction that creates it. Throws if another request has taken
 * the key over: then nothing is created. Of several objects, the first is the one that the answer names.
 */
export async function completeCreation(tx: Db, { tenant_id, user_id, creation, created_id }: Effect): Promise<void> {
  const { key_sha256, claim, request_mac } = creation
  const row = await tx.first(sql`
    update idempotency_keys set created_id = coalesce(created_id, ${created_id}),
      request_mac = coalesce(${request_mac ?? null}, request_mac)
    where tenant_id = ${tenant_id} and user_id = ${user_id} and key_sha256 = ${key_sha256} and claim = ${claim}
    returning 1`)
  if (!row) throw idempotencyKeyInUse()
}
