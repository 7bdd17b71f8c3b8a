import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { type Env, nowText } from '../env.ts'
import { artifactWasDeployed, resourceNotFound } from '../errors.ts'
import { andOfVisible } from './visible-releases.ts'

/** Changes the description, as long as no deployment, finished or not, names the artifact. */
export const describeArtifact = (env: Env, actor: Actor, asked: { id: string; description: string }) =>
  env.db.transaction(async (tx) => {
    // Creating a deployment takes the same lock: none can appear while we look.
    await tx.query(sql`select 1 from tenants where tenant_id = ${actor.tenant_id} for update`)
    const changed = await change(tx, actor, { ...asked, now: nowText(env) })
    if (!changed) throw resourceNotFound()
    if (await wasDeployed(tx, actor.tenant_id, changed.name)) throw artifactWasDeployed()
  })

const change = (tx: Db, actor: Actor, { id, description, now }: { id: string; description: string; now: string }) =>
  tx.first<{ name: string }>(sql`
    update artifacts a set description = ${description}, modified = ${now}
    where tenant_id = ${actor.tenant_id} and id = ${id} ${andOfVisible(actor)} returning name`)

const wasDeployed = (tx: Db, tenant_id: string, name: string) =>
  tx.first(sql`select 1 from deployments where tenant_id = ${tenant_id} and artifact_name = ${name} limit 1`)
