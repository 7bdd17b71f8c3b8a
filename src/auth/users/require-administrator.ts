import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { keepsPassword, lastAdministrator } from '../../sign-in-errors.ts'
import { PREDEFINED_ROLES, type Role, type ScopedSet } from '../role.ts'
import { scopeFor } from '../scope.ts'

type RoleSets = Pick<Role, 'name' | 'permission_sets_with_scope'>

/** Whether permission sets permit to manage users, and so to give any other right. */
export const manageUsers = (custom_sets: readonly ScopedSet[]): boolean =>
  scopeFor({ roles: [], custom_sets }, 'users') !== undefined

/**
 * Rejects a change, after it was made, that leaves nobody who may manage users and sign in: by a password, or by an
 * account of an enabled provider. While passwords are switched off, it has to be the one user who may use one. Locks the
 * tenant's row, so that of concurrent changes each sees those before it.
 */
export async function requireAdministrator(tx: Db, tenant_id: string): Promise<void> {
  const tenant = await tx.first<{ password_user_id: string | null }>(sql`
    select password_user_id from tenants where tenant_id = ${tenant_id} for no key update`)
  const custom = await tx.query<RoleSets>(sql`
    select name, permission_sets_with_scope from roles where tenant_id = ${tenant_id}`)
  const managing = [...PREDEFINED_ROLES, ...custom].filter((role) => manageUsers(role.permission_sets_with_scope))
  const roles = managing.map(({ name }) => name)
  const password_user_id = tenant?.password_user_id ?? null
  const found = await tx.first(sql`
    select 1 from users u
    where u.tenant_id = ${tenant_id} and u.roles && ${roles}::text[]
      and case when ${password_user_id}::text is not null then u.id = ${password_user_id}
        else u.password_hash <> '' or exists (
          select 1 from user_identities i join sign_in_providers p using (tenant_id, issuer)
          where i.tenant_id = u.tenant_id and i.user_id = u.id and p.enabled) end
    limit 1`)
  if (!found) throw password_user_id === null ? lastAdministrator() : keepsPassword()
}
