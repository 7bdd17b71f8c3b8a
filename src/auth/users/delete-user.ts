import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { recordEvent } from '../../events/record-event.ts'
import { keepsPassword } from '../../sign-in-errors.ts'
import type { Actor } from '../actor.ts'
import { userObject } from './user-event.ts'

/** Also deletes the sessions, access tokens and settings of the user. Succeeds if there is no such user. */
export async function deleteUser(env: Env, actor: Actor, id: string): Promise<void> {
  const now = env.now()
  await env.db.transaction(async (tx) => {
    const deleted = await tx.first<{ email: string }>(sql`
      delete from users where tenant_id = ${actor.tenant_id} and id = ${id} returning email`)
    if (!deleted) return
    await requireNotPasswordUser(tx, actor.tenant_id, id)
    await recordEvent(tx, actor, { at: now, action: 'delete', object: userObject({ id, ...deleted }) })
  })
}

/** Locks the tenant's row after that of the user, as the choice of this user does. */
async function requireNotPasswordUser(tx: Db, tenant_id: string, id: string): Promise<void> {
  const tenant = await tx.first<{ password_user_id: string | null }>(sql`
    select password_user_id from tenants where tenant_id = ${tenant_id} for no key update`)
  if (tenant?.password_user_id === id) throw keepsPassword()
}
