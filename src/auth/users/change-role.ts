import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleIsPredefined, roleNameFixed, roleNotFound } from '../../errors.ts'
import { objectDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { type ChangedRole, predefinedRole, type Role, requireSets } from '../role.ts'
import { manageUsers, requireAdministrator } from './require-administrator.ts'

type RoleContent = Pick<Role, 'description' | 'permission_sets_with_scope'>

/** The change applies to the users of the role from their next request on. */
export async function changeRole(env: Env, actor: Actor, name: string, role: ChangedRole): Promise<void> {
  const { description = '', permission_sets_with_scope } = role
  if (predefinedRole(name)) throw roleIsPredefined()
  if (role.name !== undefined && role.name !== name) throw roleNameFixed()
  requireSets(permission_sets_with_scope)
  const content = { description, permission_sets_with_scope }
  const at = env.now()
  await env.db.transaction(async (tx) => {
    const before = await lockRole(tx, actor, name)
    if (!before) throw roleNotFound()
    const lines = objectDiff(before, content)
    if (lines.length === 0) return
    await tx.query(sql`
      update roles set description = ${description}, updated_ts = ${at.toISOString()},
        permission_sets_with_scope = ${JSON.stringify(permission_sets_with_scope)}
      where tenant_id = ${actor.tenant_id} and name = ${name}`)
    const isLess = manageUsers(before.permission_sets_with_scope) && !manageUsers(permission_sets_with_scope)
    if (isLess) await requireAdministrator(tx, actor.tenant_id)
    const object = eventObject('role', name, { name })
    await recordEvent(tx, actor, { at, action: 'update', object, change: `Updated role ${name}:\n${lines.join('\n')}` })
  })
}

const lockRole = (tx: Db, { tenant_id }: Actor, name: string) =>
  tx.first<RoleContent>(sql`
    select description, permission_sets_with_scope from roles
    where tenant_id = ${tenant_id} and name = ${name} for no key update`)
