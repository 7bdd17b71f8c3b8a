import { raw, type Sql, sql } from '../../db/sql.ts'
import type { Actor } from '../actor.ts'
import type { SettingsOwner } from '../settings.ts'

/** The table of settings, and the condition of the row. */
export const settingsRow = ({ tenant_id, user_id }: Actor, owner: SettingsOwner): { table: Sql; isOwn: Sql } =>
  owner === 'tenant'
    ? { table: raw('tenants'), isOwn: sql`tenant_id = ${tenant_id}` }
    : { table: raw('users'), isOwn: sql`tenant_id = ${tenant_id} and id = ${user_id}` }

/** Changes with the settings. */
export const VERSION = raw('md5(settings::text)')
