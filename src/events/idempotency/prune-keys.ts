import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { KEPT_MS } from './creation.ts'

const BATCH_SIZE = 1000

/** Deletes keys that are forgotten. Several processes may run it at the same time, and it may stop at any point. */
export async function pruneKeys({ db, now }: Pick<Env, 'db' | 'now'>, stop: AbortSignal): Promise<void> {
  const before = new Date(now().getTime() - KEPT_MS).toISOString()
  const prune = () =>
    db.query(sql`
      delete from idempotency_keys k using (
        select tenant_id, user_id, key_sha256 from idempotency_keys where claimed_at < ${before}
        order by claimed_at limit ${BATCH_SIZE} for update skip locked
      ) as batch
      where k.tenant_id = batch.tenant_id and k.user_id = batch.user_id and k.key_sha256 = batch.key_sha256
      returning 1`)
  while (!stop.aborted && (await prune()).length > 0);
}
