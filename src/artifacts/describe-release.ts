import type { Actor } from '../auth/actor.ts'
import { sql } from '../db/sql.ts'
import { type Env, nowText } from '../env.ts'
import { resourceNotFound } from '../errors.ts'

/** Changes what people noted on a release. */
export async function describeRelease(
  env: Env,
  { tenant_id }: Actor,
  { name, notes }: { name: string; notes: string },
): Promise<void> {
  const described = await env.db.first(sql`
    update releases set notes = ${notes}, modified = ${nowText(env)}
    where tenant_id = ${tenant_id} and name = ${name} returning name`)
  if (!described) throw resourceNotFound()
}
