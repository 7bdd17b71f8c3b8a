import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleIsPredefined, roleNotFound } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { LEAST_ROLE, predefinedRole } from '../role.ts'

const MOST_NAMED = 200

/** Removes the role from its users. Those who have no other role get the least one. */
export async function deleteRole(env: Env, actor: Actor, name: string): Promise<void> {
  const { tenant_id } = actor
  if (predefinedRole(name)) throw roleIsPredefined()
  await env.db.transaction(async (tx) => {
    // First: whoever is giving it to a user holds its row, and is seen by the statement after.
    const deleted = await tx.first(sql`
      delete from roles where tenant_id = ${tenant_id} and name = ${name} returning 1`)
    if (!deleted) throw roleNotFound()
    const at = env.now()
    const users = await tx.query<{ id: string }>(sql`
      update users set updated_ts = ${at.toISOString()},
        roles = case when roles <@ array[${name}::text] then array[${LEAST_ROLE}::text] else array_remove(roles, ${name}) end
      where tenant_id = ${tenant_id} and ${name} = any(roles) returning id`)
    const ids = users.map(({ id }) => id).slice(0, MOST_NAMED)
    const object = eventObject('role', name, { name, users: { count: users.length, ids } })
    await recordEvent(tx, actor, { at, action: 'delete', object, ids })
  })
}
