import { sql } from '../../db/sql.ts'
import { violated } from '../../db/violation.ts'
import type { Env } from '../../env.ts'
import { roleNameTaken } from '../../errors.ts'
import { changed } from '../../events/change-text.ts'
import type { Actor } from '../actor.ts'
import { recordAct } from '../record-act.ts'
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
      const change = changed('permission_sets_with_scope', [], permission_sets_with_scope).join('\n')
      await recordAct(tx, actor, { at, action: 'create', object: { id: name, type: 'role', role: { name } }, change })
    })
  } catch (error) {
    if (violated(error) === 'roles_pkey') throw roleNameTaken()
    throw error
  }
}
