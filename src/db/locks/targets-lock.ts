import type { Db } from '../db.ts'
import { sql } from '../sql.ts'

const keyOf = (deployment_ids: readonly string[]) => sql`
  select hashtextextended('targets of ' || id, 0) as key from unnest(${deployment_ids}::text[]) as id`

/**
 * On a cluster, a deployment is visible on the coordinator a moment before the ids of its devices are on their machines:
 * its creation holds this lock until they are. Nobody else knows the id yet, so it never waits.
 */
export async function lockTargets(tx: Db, deployment_id: string): Promise<void> {
  if (tx.distribution.shards) await tx.query(sql`select pg_advisory_xact_lock(key) from (${keyOf([deployment_id])}) k`)
}

/** Waits until the devices of visible deployments are visible as well. */
export async function awaitTargets(db: Db, deployment_ids: readonly string[]): Promise<void> {
  if (db.distribution.shards && deployment_ids.length > 0)
    await db.query(sql`select pg_advisory_xact_lock_shared(key) from (${keyOf(deployment_ids)}) k`)
}
