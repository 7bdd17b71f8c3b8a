import { violatedConstraint } from '../../db/database-errors.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleNameTaken } from '../../errors.ts'
import { valueDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { type NewRole, requireOwnName, requireSets } from '../role.ts'

export async function createRole(env: Env, actor: Actor, role: NewRole): Promise<void> {
  const { name, description = '', permission_sets_with_scope } = role
  requireOwnName(name)
  requireSets(permission_sets_with_scope)
  const at = env.now()
  try {
    await env.db.transaction(async (tx) => {
      await tx.query(sql`
        insert into roles (tenant_id, name, description, permission_sets_with_scope, created_ts, updated_ts)
        values (${actor.tenant_id}, ${name}, ${description}, ${JSON.stringify(permission_sets_with_scope)},
          ${at.toISOString()}, ${at.toISOString()})`)
      const change = valueDiff('permission_sets_with_scope', [], permission_sets_with_scope).join('\n')
      await recordEvent(tx, actor, { at, action: 'create', object: eventObject('role', name, { name }), change })
    })
  } catch (error) {
    if (violatedConstraint(error) === 'roles_pkey') throw roleNameTaken()
    throw error
  }
}
