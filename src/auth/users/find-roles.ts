import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleNotFound } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import { PREDEFINED_ROLES, predefinedRole, type Role } from '../role.ts'

/** The predefined roles, then those of the tenant by name. */
export async function findRoles(env: Env, { tenant_id }: Actor): Promise<Role[]> {
  const custom = await env.db.query<Role>(sql`
    select name, description, permission_sets_with_scope from roles
    where tenant_id = ${tenant_id} order by name collate "C"`)
  return [...PREDEFINED_ROLES, ...custom]
}

export async function findRole(env: Env, { tenant_id }: Actor, name: string): Promise<Role> {
  const found =
    predefinedRole(name) ??
    (await env.db.first<Role>(sql`
      select name, description, permission_sets_with_scope from roles
      where tenant_id = ${tenant_id} and name = ${name}`))
  if (!found) throw roleNotFound()
  return found
}
