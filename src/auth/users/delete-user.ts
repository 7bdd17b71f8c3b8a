import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { requireAdministrator } from './require-administrator.ts'
import { userObject } from './user-event.ts'

/** Also deletes the sessions, access tokens and settings of the user. Succeeds if there is no such user. */
export async function deleteUser(env: Env, actor: Actor, id: string): Promise<void> {
  const now = env.now()
  await env.db.transaction(async (tx) => {
    const deleted = await tx.first<{ email: string }>(sql`
      delete from users where tenant_id = ${actor.tenant_id} and id = ${id} returning email`)
    if (!deleted) return
    await requireAdministrator(tx, actor.tenant_id)
    await recordEvent(tx, actor, { at: now, action: 'delete', object: userObject({ id, ...deleted }) })
  })
}
