import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { filterNotFound } from '../errors.ts'

/** Deployments made from it go on: they have a copy of their own. */
export async function deleteFilter(env: Env, { tenant_id }: { tenant_id: string }, id: string): Promise<void> {
  const deleted = await env.db.first(sql`
    delete from filters where tenant_id = ${tenant_id} and id = ${id} returning 1`)
  if (!deleted) throw filterNotFound()
}
