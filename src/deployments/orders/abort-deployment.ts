import type { Actor } from '../../auth/actor.ts'
import { recordAct } from '../../auth/record-act.ts'
import type { Db } from '../../db/db.ts'
import { join, raw, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { nothingToAbort } from '../../errors.ts'
import { ACTIVE_STATUSES } from '../device-status.ts'
import { abort } from '../progress.ts'
import { type DeploymentKey, keyOf, lockProgress, saveProgress } from '../rows/progress-rows.ts'
import { requireVisible } from '../rows/visible-deployments.ts'

/**
 * Ends a deployment for good. Once this answered, no device is offered it and every report on it is refused. Takes the same
 * time for any number of devices: that their rows have ended goes without saying, until `settleAborts` writes it down.
 */
export async function abortDeployment(env: Env, actor: Actor, deployment_id: string): Promise<void> {
  const key = { tenant_id: actor.tenant_id, deployment_id }
  const now = env.now()
  await env.db.transaction(async (tx) => {
    await requireVisible(tx, actor, deployment_id)
    const locked = await lockProgress(tx, [key])
    const progress = locked.get(keyOf(key))
    if (!progress || progress.finished !== null) throw nothingToAbort()
    abort(progress, now.toISOString())
    saveProgress(tx, locked, [key])
    await abortPhases(tx, key)
    const about = await tx.first<{ name: string; artifact_name: string }>(sql`
      select name, artifact_name from deployments where tenant_id = ${key.tenant_id} and id = ${deployment_id}`)
    await recordAct(tx, actor, {
      ...{ at: now, action: 'abort' },
      object: { id: deployment_id, type: 'deployment', deployment: about },
    })
  })
}

const ACTIVE = ACTIVE_STATUSES.map((status) => raw(`"${status}"`))

const abortPhases = (tx: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  tx.query(sql`
    update deployment_phases set "aborted" = "aborted" + ${join(ACTIVE, raw(' + '))}, ${join(ACTIVE.map((one) => sql`${one} = 0`))}
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}`)
