import type { Actor } from '../auth/actor.ts'
import { sql } from '../db/sql.ts'
import { type Env, nowText } from '../env.ts'
import { resourceNotFound } from '../errors.ts'
import { andVisible } from './visible-releases.ts'

/** Changes what people noted on a release. */
export async function describeRelease(
  env: Env,
  actor: Actor,
  { name, notes }: { name: string; notes: string },
): Promise<void> {
  const described = await env.db.first(sql`
    update releases r set notes = ${notes}, modified = ${nowText(env)}
    where tenant_id = ${actor.tenant_id} and name = ${name} ${andVisible(actor)} returning name`)
  if (!described) throw resourceNotFound()
}
