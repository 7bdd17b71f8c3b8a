import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { artifactNotFound, artifactWasDeployed } from '../errors.ts'
import { valueDiff } from '../events/change-text.ts'
import { eventObject } from '../events/event.ts'
import { recordEvent } from '../events/record-event.ts'
import { andOfVisible } from './visible-releases.ts'

/** Changes the description, unless a deployment, finished or not, has used the artifact. */
export const describeArtifact = (env: Env, actor: Actor, { id, description }: { id: string; description: string }) =>
  env.db.transaction(async (tx) => {
    // Creating a deployment takes the same lock: none is created during the check.
    await tx.query(sql`select 1 from tenants where tenant_id = ${actor.tenant_id} for update`)
    const before = await find(tx, actor, id)
    if (!before) throw artifactNotFound()
    const { name } = before
    if (await wasDeployed(tx, actor.tenant_id, name)) throw artifactWasDeployed()
    const at = env.now()
    await tx.query(sql`
      update artifacts set description = ${description}, modified = ${at.toISOString()}
      where tenant_id = ${actor.tenant_id} and id = ${id}`)
    if (description === before.description) return
    const change = valueDiff('description', before.description, description).join('\n')
    const object = eventObject('artifact', id, { name })
    await recordEvent(tx, actor, { at, action: 'update', object, change })
  })

const find = (tx: Db, actor: Actor, id: string) =>
  tx.first<{ name: string; description: string }>(sql`
    select name, description from artifacts a
    where tenant_id = ${actor.tenant_id} and id = ${id} ${andOfVisible(actor)} for no key update of a`)

const wasDeployed = (tx: Db, tenant_id: string, name: string) =>
  tx.first(sql`select 1 from deployments where tenant_id = ${tenant_id} and artifact_name = ${name} limit 1`)
