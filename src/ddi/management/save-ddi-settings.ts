import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleForbids } from '../../errors.ts'
import { objectDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { type NewDdiSettings, withDefaults } from '../ddi-settings.ts'
import { raiseDeploymentsVersion } from '../rows/raise-deployments-version.ts'

/** Replaces all settings: those that are not given get their defaults. */
export async function saveDdiSettings(env: Env, actor: Actor, settings: NewDdiSettings): Promise<void> {
  const { tenant_id, scope } = actor
  // They apply to all devices.
  if (scope.groups !== null) throw roleForbids()
  await env.db.transaction(async (tx) => {
    await raiseDeploymentsVersion(tx, tenant_id)
    const before = await tx.first<{ ddi: NewDdiSettings }>(sql`
      select ddi from tenants where tenant_id = ${tenant_id}`)
    await tx.query(sql`update tenants set ddi = ${JSON.stringify(settings)} where tenant_id = ${tenant_id}`)
    const lines = objectDiff(withDefaults(before?.ddi ?? {}), withDefaults(settings))
    if (lines.length === 0) return
    const change = ['Updated the settings of DDI:', ...lines].join('\n')
    const object = eventObject('settings', tenant_id)
    await recordEvent(tx, actor, { at: env.now(), action: 'update', object, change })
  })
}
