import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { noRole, unknownRole } from '../../errors.ts'
import { FULL_ROLE, LEAST_ROLE, PREDEFINED_ROLES, predefinedRole } from '../role.ts'

/**
 * Rejects unknown roles, and locks the others for the transaction that gives them to a user: none is deleted before it
 * ends.
 */
export async function requireRoles(tx: Db, tenant_id: string, names: readonly string[]): Promise<void> {
  const custom = names.filter((name) => !predefinedRole(name))
  if (custom.length === 0) return
  const found = await tx.query<{ name: string }>(sql`
    select name from roles where tenant_id = ${tenant_id} and name = any(${custom}::text[])
    order by name for key share`)
  const unknown = custom.find((name) => !found.some((role) => role.name === name))
  if (unknown === undefined) return
  const known = PREDEFINED_ROLES.map(({ name }) => name).join(', ')
  throw unknownRole(unknown, known)
}

/** A user without roles would be ambiguous: no permissions, or all, as for a new user. */
export function requireAtLeastOne(names: readonly string[]): void {
  if (names.length > 0) return
  throw noRole(`${LEAST_ROLE} permits the least, ${FULL_ROLE} everything`)
}
