import { raw, type Sql, sql } from '../../db/sql.ts'
import type { Actor } from '../actor.ts'
import type { Whose } from '../settings.ts'

/** Where settings are kept: the table, and the condition that finds the row. */
export const settingsRow = ({ tenant_id, user_id }: Actor, whose: Whose): { table: Sql; is_theirs: Sql } =>
  whose === 'tenant'
    ? { table: raw('tenants'), is_theirs: sql`tenant_id = ${tenant_id}` }
    : { table: raw('users'), is_theirs: sql`tenant_id = ${tenant_id} and id = ${user_id}` }

/** Tells one content from another. */
export const VERSION = raw('md5(settings::text)')
