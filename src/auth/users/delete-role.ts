import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleIsPredefined, roleNotFound } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { LEAST_ROLE, predefinedRole } from '../role.ts'
import { requireAdministrator } from './require-administrator.ts'

const MAX_IDS = 200

/** Also takes the role from its users. Users who have no other one get the least role. */
export async function deleteRole(env: Env, actor: Actor, name: string): Promise<void> {
  const { tenant_id } = actor
  if (predefinedRole(name)) throw roleIsPredefined()
  await env.db.transaction(async (tx) => {
    // The role first: a transaction that gives it to a user locks its row, and so ends before the next statement reads.
    const deleted = await tx.first(sql`
      delete from roles where tenant_id = ${tenant_id} and name = ${name} returning 1`)
    if (!deleted) throw roleNotFound()
    const at = env.now()
    const users = await tx.query<{ id: string }>(sql`
      update users set updated_ts = ${at.toISOString()},
        roles = case when roles <@ array[${name}::text] then array[${LEAST_ROLE}::text]
          else array_remove(roles, ${name}) end
      where tenant_id = ${tenant_id} and ${name} = any(roles) returning id`)
    if (users.length > 0) await requireAdministrator(tx, tenant_id)
    const ids = users.map(({ id }) => id).slice(0, MAX_IDS)
    const object = eventObject('role', name, { name, users: { count: users.length, ids } })
    await recordEvent(tx, actor, { at, action: 'delete', object, ids })
  })
}
