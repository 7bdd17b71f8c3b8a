import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'

/** The ids of the unfinished deployments that deploy one of these releases, or may roll back to it; oldest first. */
export async function activeDeployments(tx: Db, tenant_id: string, names: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(sql`
    select d.id from deployments d
      join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
    where d.tenant_id = ${tenant_id} and p.finished is null and (
      d.artifact_name = any(${names}) or d.rollout -> 'failure_policy' ->> 'rollback_artifact_name' = any(${names}))
    order by d.created`)
  return rows.map(({ id }) => id)
}
