import { sql } from '../db/sql.ts'
import { type Env, nowText } from '../env.ts'
import { roleIsPredefined, roleNotFound } from '../errors.ts'
import type { Actor } from './actor.ts'
import { LEAST_ROLE, predefinedRole } from './role.ts'

/** Takes the role from whoever has it. Those who have no other are left with the least one, for none means everything. */
export async function deleteRole(env: Env, { tenant_id }: Actor, name: string): Promise<void> {
  if (predefinedRole(name)) throw roleIsPredefined()
  await env.db.transaction(async (tx) => {
    // First: whoever is giving it to a user holds its row, and is seen by the statement after.
    const deleted = await tx.first(sql`
      delete from roles where tenant_id = ${tenant_id} and name = ${name} returning 1`)
    if (!deleted) throw roleNotFound()
    await tx.query(sql`
      update users set updated_ts = ${nowText(env)},
        roles = case when roles <@ array[${name}::text] then array[${LEAST_ROLE}::text] else array_remove(roles, ${name}) end
      where tenant_id = ${tenant_id} and ${name} = any(roles)`)
  })
}
