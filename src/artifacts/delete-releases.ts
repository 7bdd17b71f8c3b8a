import { randomUUID } from 'node:crypto'
import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { releasesInUse } from '../errors.ts'
import { eventObject } from '../events/event.ts'
import { recordEvent } from '../events/record-event.ts'
import { activeDeployments } from './active-deployments.ts'
import { andVisible } from './visible-releases.ts'

type Deleted = { id: string; name: string }

/** Deletes releases with all their artifacts; none, if an unfinished deployment uses one of them. */
export async function deleteReleases(env: Env, actor: Actor, requested: readonly string[]): Promise<void> {
  const { tenant_id } = actor
  const artifacts = await env.db.transaction(async (tx) => {
    // Creating a deployment and adding an artifact take the same lock: none is created during the check.
    await tx.query(sql`
      update tenants set deployments_version = deployments_version + 1 where tenant_id = ${tenant_id}`)
    const names = await findVisible(tx, actor, requested)
    const deployments = await activeDeployments(tx, tenant_id, names)
    if (deployments.length > 0) throw releasesInUse(deployments)
    const deleted = await remove(tx, tenant_id, names)
    if (names.length > 0) await recordDeletion(tx, actor, { at: env.now(), names, artifacts: deleted })
    return deleted
  })
  for (const { id } of artifacts) await env.blobs.delete(`${tenant_id}/${id}`)
}

/** Releases out of the actor's scope are ignored, like those that do not exist. */
async function findVisible(tx: Db, actor: Actor, names: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(sql`
    select r.name from releases r
    where r.tenant_id = ${actor.tenant_id} and r.name = any(${names}) ${andVisible(actor)}`)
  return rows.map(({ name }) => name)
}

async function remove(tx: Db, tenant_id: string, names: readonly string[]): Promise<Deleted[]> {
  const deleted = await tx.query<Deleted>(sql`
    delete from artifacts where tenant_id = ${tenant_id} and name = any(${names}) returning id, name`)
  await tx.query(sql`delete from releases where tenant_id = ${tenant_id} and name = any(${names})`)
  return deleted
}

type Deletion = { at: Date; names: readonly string[]; artifacts: readonly Deleted[] }

const MAX_LISTED_IDS = 200

/** Records one event, whatever the number of releases. Each release's name and each artifact's id finds it. */
function recordDeletion(tx: Db, actor: Actor, { at, names, artifacts }: Deletion) {
  const ids = artifacts.map(({ id }) => id).slice(0, MAX_LISTED_IDS)
  const deleted = { artifacts: { count: artifacts.length, ids } }
  const [name = '', ...more] = names
  const object =
    more.length === 0
      ? eventObject('release', name, { name, ...deleted })
      : eventObject('releases', randomUUID(), { count: names.length, names, ...deleted })
  return recordEvent(tx, actor, { at, action: 'delete', object, ids: [...names, ...ids] })
}
