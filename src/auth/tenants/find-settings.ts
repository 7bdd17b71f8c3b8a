import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { userNotFound } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import type { Settings, Whose } from '../settings.ts'
import { settingsRow, VERSION } from './settings-row.ts'

export async function findSettings(
  env: Env,
  actor: Actor,
  whose: Whose,
): Promise<{ settings: Settings; version: string }> {
  const { table, is_theirs } = settingsRow(actor, whose)
  const found = await env.db.first<{ settings: Settings; version: string }>(sql`
    select settings, ${VERSION} as version from ${table} where ${is_theirs}`)
  if (!found) throw userNotFound()
  return found
}
