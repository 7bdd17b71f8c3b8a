import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'

/** The size of all artifact files together, in bytes. */
export async function findStorageUsage(env: Pick<Env, 'db'>, tenant_id: string): Promise<number> {
  const found = await env.db.reads.first<{ usage: number }>(sql`
    select coalesce(sum(size), 0)::bigint as usage from artifacts where tenant_id = ${tenant_id}`)
  return found?.usage ?? 0
}
