import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { userNotFound } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import type { Settings, SettingsOwner } from '../settings.ts'
import { settingsRow, VERSION } from './settings-row.ts'

export async function findSettings(
  env: Env,
  actor: Actor,
  owner: SettingsOwner,
): Promise<{ settings: Settings; version: string }> {
  const { table, isOwn } = settingsRow(actor, owner)
  const found = await env.db.first<{ settings: Settings; version: string }>(sql`
    select settings, ${VERSION} as version from ${table} where ${isOwn}`)
  if (!found) throw userNotFound()
  return found
}
