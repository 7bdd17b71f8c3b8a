import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleForbids, settingsChanged } from '../../errors.ts'
import { objectDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { requireSettings, type Settings, type SettingsOwner } from '../settings.ts'
import { settingsRow, VERSION } from './settings-row.ts'

type SettingsUpdate = { owner: SettingsOwner; settings: Settings; if_match?: readonly string[] | undefined }

/** Replaces all settings of the owner; with `if_match` only if they have one of these versions. */
export async function saveSettings(
  env: Env,
  actor: Actor,
  { owner, settings, if_match }: SettingsUpdate,
): Promise<void> {
  // They apply to all users: users owner roles are limited to groups change only their own.
  if (owner === 'tenant' && actor.scope.groups !== null) throw roleForbids()
  requireSettings(settings)
  const { table, isOwn } = settingsRow(actor, owner)
  const matches = if_match ? sql`${VERSION} = any(${if_match})` : sql`true`
  await env.db.transaction(async (tx) => {
    const before = await tx.first<{ settings: Settings }>(sql`
      select settings from ${table} where ${isOwn} and ${matches} for no key update`)
    if (!before) throw settingsChanged()
    await tx.query(sql`update ${table} set settings = ${JSON.stringify(settings)} where ${isOwn}`)
    const lines = objectDiff({ ...before.settings }, { ...settings })
    // No event for the settings of a user: they concern nobody else, and browsers write them unasked.
    if (owner === 'user' || lines.length === 0) return
    const object = eventObject('settings', actor.tenant_id)
    await recordEvent(tx, actor, {
      at: env.now(),
      action: 'update',
      object,
      change: ['Updated settings:', ...lines].join('\n'),
    })
  })
}
