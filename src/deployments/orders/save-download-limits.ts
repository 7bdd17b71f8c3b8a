import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleForbids } from '../../errors.ts'
import { objectDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { rateNotEnforceable } from '../../rollout-errors.ts'
import { limitsBytes, type NewDownloadLimits, readDownloadLimits } from '../download-limits.ts'
import { findStoredLimits } from '../rows/download-rows.ts'
import { bumpVersions } from '../rows/progress-rows.ts'

/** Replaces all download limits of the tenant. Every process knows them before it serves the next poll. */
export async function saveDownloadLimits(env: Env, actor: Actor, given: NewDownloadLimits): Promise<void> {
  const { tenant_id, scope } = actor
  // They apply to all devices.
  if (scope.groups !== null) throw roleForbids()
  const limits = readDownloadLimits(given)
  const { s3 } = env.config
  if (limitsBytes(limits).any && s3 && !s3.proxy) throw rateNotEnforceable()
  await env.db.transaction(async (tx) => {
    bumpVersions(tx, [tenant_id])
    const before = await findStoredLimits(tx, tenant_id)
    await tx.query(sql`
      update tenants set download_limits = ${JSON.stringify(limits)} where tenant_id = ${tenant_id}`)
    const lines = objectDiff(before, limits)
    if (lines.length === 0) return
    const change = ['Updated the download limits:', ...lines].join('\n')
    await recordEvent(tx, actor, {
      at: env.now(),
      action: 'update',
      object: eventObject('settings', tenant_id),
      change,
    })
  })
}
