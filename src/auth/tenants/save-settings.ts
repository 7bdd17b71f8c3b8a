import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleForbids, settingsChanged } from '../../errors.ts'
import { differing } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { requireSettings, type Settings, type Whose } from '../settings.ts'
import { settingsRow, VERSION } from './settings-row.ts'

type Asked = { whose: Whose; settings: Settings; if_match?: readonly string[] | undefined }

/** Replaces them whole; with `if_match` only while they are of one of these versions. */
export async function saveSettings(env: Env, actor: Actor, { whose, settings, if_match }: Asked): Promise<void> {
  // They concern everybody: whoever is limited to some groups changes their own only.
  if (whose === 'tenant' && actor.scope.groups !== null) throw roleForbids()
  requireSettings(settings)
  const { table, is_theirs } = settingsRow(actor, whose)
  const is_expected = if_match ? sql`${VERSION} = any(${if_match})` : sql`true`
  await env.db.transaction(async (tx) => {
    const before = await tx.first<{ settings: Settings }>(sql`
      select settings from ${table} where ${is_theirs} and ${is_expected} for no key update`)
    if (!before) throw settingsChanged()
    await tx.query(sql`update ${table} set settings = ${JSON.stringify(settings)} where ${is_theirs}`)
    const lines = differing({ ...before.settings }, { ...settings })
    // What users set for themselves concerns nobody else, and browsers write it unasked.
    if (whose === 'user' || lines.length === 0) return
    const object = eventObject('settings', actor.tenant_id)
    await recordEvent(tx, actor, {
      at: env.now(),
      action: 'update',
      object,
      change: ['Updated settings:', ...lines].join('\n'),
    })
  })
}
