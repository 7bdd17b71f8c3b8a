import type { Db } from '../../db/db.ts'
import { raw, sql } from '../../db/sql.ts'
import { arrayOf } from '../../db/text-array.ts'
import type { TextSet } from '../../text-set.ts'
import type { DeploymentKey } from './deployment-key.ts'
import { targetKey } from './target-key.ts'

/** Ids of one statement, so that a long list takes no more memory in PostgreSQL than a short one. */
export const CHUNK = 10_000

/** The devices that a deployment names. */
export async function insertTargets(tx: Db, { tenant_id, deployment_id }: DeploymentKey, ids: TextSet) {
  // Deletes nothing. Citus commits what it sends by COPY in one phase if the transaction has only read from that shard
  // before: a machine that fails at that moment would lose a part of the list.
  if (tx.distribution.shards)
    await tx.query(sql`
      delete from deployment_targets where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}::uuid`)
  for (let from = 0; from < ids.size; from += CHUNK)
    await tx.query(sql`
      insert into deployment_targets (tenant_id, device_id, deployment_id)
      select ${tenant_id}, id, ${deployment_id}::uuid from unnest(${arrayOf(ids, from, from + CHUNK)}) as id
      order by ${targetKey(raw('id'))}`)
}
