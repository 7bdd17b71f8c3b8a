import { sql } from '../db/sql.ts'
import { type Env, nowText } from '../env.ts'
import { roleIsPredefined, roleNotFound, unprocessable } from '../errors.ts'
import type { Actor } from './actor.ts'
import { type ChangedRole, predefinedRole, requireSets } from './role.ts'

/** Whoever has the role is under it as it now is from their next request. */
export async function changeRole(env: Env, { tenant_id }: Actor, name: string, role: ChangedRole): Promise<void> {
  const { description = '', permission_sets_with_scope } = role
  if (predefinedRole(name)) throw roleIsPredefined()
  if (role.name !== undefined && role.name !== name)
    throw unprocessable('the name of a role cannot be changed: create another role')
  requireSets(permission_sets_with_scope)
  const changed = await env.db.first(sql`
    update roles set description = ${description}, updated_ts = ${nowText(env)},
      permission_sets_with_scope = ${JSON.stringify(permission_sets_with_scope)}
    where tenant_id = ${tenant_id} and name = ${name} returning 1`)
  if (!changed) throw roleNotFound()
}
